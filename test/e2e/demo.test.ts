import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../analysis/index.ts';
import type { CheckReport } from '../../board/check/check.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver, type ReceivedSpan } from '../otel/otlp-receiver.ts';
import { decodeJson } from '../otel/wire-span.ts';
import { sampleOf } from '../support/exposition.ts';
import { quadro, quadroJson, type Ran, startQuadro } from '../support/run-quadro.ts';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TASKS = 30;

const identity = (span: ReceivedSpan): string => `${span.traceId} ${span.spanId} ${span.name}`;
const identities = (spans: readonly ReceivedSpan[]): string[] => spans.map(identity).toSorted();

/** Those of the board itself, and those that its workers made. */
const ofBoard = (spans: readonly ReceivedSpan[]) => spans.filter(span => span.scope.startsWith('quadro '));
const ofWorkers = (spans: readonly ReceivedSpan[]) => spans.filter(span => span.scope.startsWith('quadro-demo '));

const spansIn = (file: string): ReceivedSpan[] => decodeLines(readFileSync(file, 'utf8'));

/**
 * The demo is a run of chance: how long work takes and how many articles are sent back differs. Certain are the article of the
 * writer that hangs, which is the first that is handed one, the crash in the tenth research, and that every article ends.
 */
describe('quadro demo', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-demo-test-'));
  const at = (name: string): string => join(dir, 'out', name);
  let receiver: OtlpReceiver;
  let ran: Ran;
  /** Spans that had arrived while the run went on: before the demo told of its end. */
  let spansBeforeEnd = 0;

  beforeAll(async () => {
    receiver = await otlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: new URL('/', receiver.url).href };
    const demo = startQuadro(['demo', '--tasks', `${TASKS}`, '--seconds', '4', '--out', 'out'], { cwd: dir, env });
    demo.child.stdout?.on('data', () => {
      if (!demo.output.stdout.includes('delivered while it ran')) spansBeforeEnd = receiver.spans.length;
    });
    demo.child.stderr?.on('data', () => {
      spansBeforeEnd = receiver.spans.length;
    });
    ran = await demo.ended;
  });
  afterAll(async () => {
    await receiver.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('ends with 0, with progress on stderr only', () => {
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^A newsroom of agents works on 30 articles, on the board out\/newsroom\.db\.\n/);
    expect(ran.stderr).toMatch(/^\d+\.\d s {2}\d+ events {2}/m);
    for (const line of ran.stderr.trimEnd().split('\n')) expect(line).toMatch(/^\d+\.\d s {2}\d+ events {2}/);
  });

  it('leaves a board that check proves, and every article has ended', async () => {
    const { ok, faults, skipped, tasks } = await quadroJson<CheckReport>(['check', at('newsroom.db')]);
    expect({ ok, faults, skipped, tasks }).toEqual({ ok: true, faults: [], skipped: [], tasks: TASKS });
    const rows = await quadroJson<{ status: string; censored: boolean }[]>([
      'sql',
      at('newsroom.db'),
      'SELECT status, censored FROM flight_plans',
    ]);
    expect(rows.filter(row => row.censored || !['published', 'HUMAN_REVIEW'].includes(row.status))).toEqual([]);
  });

  it('has an article whose writer hangs, which is found, given to another and ends', async () => {
    const stale = await quadroJson(['sql', at('newsroom.db'), STALE_WRITERS]);
    expect(stale).toContainEqual({ agent: 'writing_staller', ended: true });
    expect(ran.stdout).toMatch(/Found with a worker that had fallen silent: [1-9]/);
  });

  it('has an article whose researcher crashed, with the words of the failure in its notes', async () => {
    const crashed = await quadroJson<{ notes: string[] }[]>([
      'sql',
      at('newsroom.db'),
      "SELECT notes FROM tasks WHERE status = 'HUMAN_REVIEW'",
    ]);
    expect(crashed.length).toBeGreaterThan(0);
    for (const { notes } of crashed) expect(notes.at(-1)).toBe('Worker error: the archive answered 502 Bad Gateway');
  });

  it('counts what became of the articles as the log does', async () => {
    const [counts] = await quadroJson<Record<string, number>[]>(['sql', at('newsroom.db'), OUTCOMES]);
    expect(ran.stdout).toContain(
      `30 articles: ${counts?.published} published, ${counts?.crashed} crashed and in HUMAN_REVIEW.\n` +
        `Sent back by a reviewer: ${counts?.revised}. Found with a worker that had fallen silent: ${counts?.stale}.\n`,
    );
  });

  it('its spans arrived while it ran: the same as in spans.ndjson, one trace a task', async () => {
    expect(spansBeforeEnd).toBeGreaterThan(TASKS);
    const written = spansIn(at('spans.ndjson'));
    expect(identities(ofBoard(receiver.spans))).toEqual(identities(written));
    expect(new Set(written.map(identity)).size).toBe(written.length);
    const delivered = /^(\d+) spans delivered while it ran\.$/m.exec(ran.stdout)?.[1];
    expect(Number(delivered)).toBe(written.length);
    const roots = written.filter(span => span.name === 'task article');
    expect(roots).toHaveLength(TASKS);
    expect(new Set(roots.map(span => span.traceId)).size).toBe(TASKS);
    const rootOf = new Map(roots.map(span => [span.traceId, span.spanId]));
    const stages = written.filter(span => span.name.startsWith('stage '));
    expect(stages.filter(span => span.parentSpanId !== rootOf.get(span.traceId))).toEqual([]);
    const [closed] = await quadroJson<{ n: number }[]>([
      'sql',
      at('newsroom.db'),
      'SELECT count(*) AS n FROM stages WHERE exited_at IS NOT NULL',
    ]);
    expect(stages).toHaveLength(closed?.n ?? -1);
    expect(written.some(span => span.name === 'chief cycle')).toBe(true);
    expect(written.some(span => span.name === 'ombudsman tick')).toBe(true);
    const failed = stages.filter(span => span.attributes['error.type'] === 'stale_heartbeat');
    expect(failed.map(span => span.name)).toContain('stage writing');
  });

  it("its workers' own spans arrived too: the same as in worker-spans.ndjson, told apart by their service", async () => {
    const written = spansIn(at('worker-spans.ndjson'));
    expect(identities(ofWorkers(receiver.spans))).toEqual(identities(written));
    expect(new Set(written.map(span => span.spanId)).size).toBe(written.length);
    expect(ran.stdout).toMatch(
      new RegExp(`^${written.length} spans of the workers' own calls delivered with them\\.$`, 'm'),
    );
    expect(new Set(written.map(span => span.resource['service.name']))).toEqual(new Set(['newsroom-workers']));
    expect(receiver.spans).toHaveLength(spansIn(at('spans.ndjson')).length + written.length);
  });

  it('each of them is a child of the stage it was worked in, in the trace of its task, and lies within it', () => {
    const stages = new Map(
      spansIn(at('spans.ndjson'))
        .filter(({ name }) => name.startsWith('stage '))
        .map(stage => [stage.spanId, stage]),
    );
    const calls = spansIn(at('worker-spans.ndjson'));
    for (const call of calls) {
      const stage = stages.get(call.parentSpanId);
      expect(stage?.traceId, call.name).toBe(call.traceId);
      expect(stage?.attributes['quadro.assigned_to']).toMatch(AGENT_OF[call.name] ?? /^nobody$/);
      expect(call.start).toBeGreaterThanOrEqual(stage?.start ?? 0n);
      // A call that is cut off, since the Ombudsman took the work of a slow machine for dead, ends after its stage.
      if (call.attributes['error.type'] !== 'ABORT_ERR') expect(call.end).toBeLessThanOrEqual(stage?.end ?? 0n);
    }
    const called = new Set(calls.map(call => call.parentSpanId));
    const worked = [...stages.values()].filter(
      ({ attributes }) =>
        ['active', 'review'].includes(String(attributes['quadro.stage_kind'])) &&
        attributes['quadro.assigned_to'] !== 'writing_staller' &&
        attributes['error.type'] !== 'stale_heartbeat',
    );
    expect(worked.length).toBeGreaterThan(TASKS);
    expect(worked.filter(stage => !called.has(stage.spanId)).map(stage => stage.name)).toEqual([]);
  });

  it('they say what the convention for generative AI asks, and which of them failed', () => {
    const calls = readFileSync(at('worker-spans.ndjson'), 'utf8').trimEnd().split('\n').flatMap(decodeJson);
    const failed = calls.filter(({ attributes }) => attributes['error.type']?.value === '502');
    expect(failed.length).toBeGreaterThan(0);
    for (const { name, status } of failed) {
      const words = 'the archive answered 502 Bad Gateway';
      expect({ name, status }).toEqual({ name: 'execute_tool search_archive', status: { code: 2, message: words } });
    }
    for (const { name, kind, status, attributes } of calls.filter(call => call.status.code === 0)) {
      const values = Object.fromEntries(Object.entries(attributes).map(([key, { value }]) => [key, value]));
      if (name === 'execute_tool search_archive') {
        expect({ kind, values }).toEqual({ kind: 1, values: TOOL });
        continue;
      }
      const model = name.replace('chat ', '');
      expect(kind).toBe(3);
      expect(status.code).toBe(0);
      expect(values).toEqual({
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'demo',
        'gen_ai.request.model': model,
        'gen_ai.response.model': model,
        'gen_ai.output.type': 'text',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': expect.any(Number),
        'gen_ai.usage.output_tokens': expect.any(Number),
      });
      expect(attributes['gen_ai.usage.input_tokens']?.type).toBe('int');
    }
  });

  it('prints a flight plan, the stage that holds the work up, and the Chief’s sleep', async () => {
    const report = JSON.parse(readFileSync(at('report.json'), 'utf8')) as Report;
    if (!report.bottleneck.available || !report.sleep_study.available) throw new Error('no bottleneck, no sleep');
    const [top] = report.bottleneck.rows;
    expect(ran.stdout).toContain(`Most of the waiting is in ${top?.status}`);
    expect(ran.stdout).toMatch(/^The most revised article:\n\n\S+ {2}Article \d+: /m);
    expect(ran.stdout).toMatch(/^The Chief’s sleep\nchief +cycles /m);
    expect(report.sleep_study.rows[0]?.cycles).toBeGreaterThan(TASKS);
    const [most] = await quadroJson<{ task_id: string }[]>([
      'sql',
      at('newsroom.db'),
      'SELECT task_id FROM flight_plans ORDER BY revisions DESC, elapsed_seconds DESC LIMIT 1',
    ]);
    expect(ran.stdout).toContain(`\n\n${most?.task_id}  Article`);
  });

  it('shows what the models cost: an entry with tokens and prices for each stage that was worked to its end', async () => {
    const { cost_by_stage, cost_by_task } = JSON.parse(readFileSync(at('report.json'), 'utf8')) as Report;
    if (!cost_by_stage.available || !cost_by_task.available) throw new Error('no cost');
    const [all, ...stages] = cost_by_stage.rows;
    expect(stages.map(row => row.stage).toSorted()).toEqual(['ideating', 'researching', 'reviewing', 'writing']);
    expect(all).toMatchObject({ tasks: TASKS, unpriced_entries: 0, cost_share: 1 });
    expect(all?.cost_usd).toBeCloseTo(
      cost_by_task.rows.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0),
      9,
    );
    // More where the Ombudsman of a slow machine took the work away between the answer and the step.
    for (const { stage, worked } of await quadroJson<{ stage: string; worked: number }[]>([
      'sql',
      at('newsroom.db'),
      WORKED,
    ])) {
      expect(stages.find(row => row.stage === stage)?.attempts, stage).toBeGreaterThanOrEqual(worked);
    }
  });

  it('writes what it says: the log as Parquet, the spans, the metrics, the report', async () => {
    const names = readdirSync(at('.'));
    expect(names.filter(name => !name.startsWith('newsroom.db')).toSorted()).toEqual(
      ['log', 'metrics.txt', 'report.html', 'report.json', 'spans.ndjson', 'worker-spans.ndjson'].toSorted(),
    );
    expect(names.filter(name => /^newsroom\.db\.cursor-otlp-[0-9a-f]{8}\.json$/.test(name))).toHaveLength(1);
    expect(ran.stdout).toContain("its spans (spans.ndjson), its workers' own spans (worker-spans.ndjson), ");
    expect(await quadroJson(['report', at('log')])).toEqual(JSON.parse(readFileSync(at('report.json'), 'utf8')));
    expect(await quadroJson(['report', at('newsroom.db')])).toEqual(
      JSON.parse(readFileSync(at('report.json'), 'utf8')),
    );
    expect(readFileSync(at('report.html'), 'utf8')).toMatch(/^<!doctype html>.*<h1>Newsroom<\/h1>.*<\/html>\n$/s);
    const post = { task_type: 'article', from_status: '', to_status: 'UNASSIGNED', edge: 'post' };
    expect(sampleOf(readFileSync(at('metrics.txt'), 'utf8'), 'quadro_task_transitions_total', post)).toBe(TASKS);
  });

  it('ends with three commands that work when pasted into a shell', async () => {
    const commands = /^Look further:\n((?: {2}npx quadro .*\n)+)$/m.exec(ran.stdout)?.[1]?.trimEnd().split('\n') ?? [];
    expect(commands.map(line => line.split(' ')[4])).toEqual(['flight', 'sql', 'metrics']);
    // A shell that finds `npx` of its own: the real one would do the same, and take a second each.
    symlinkSync(join(ROOT, 'bin/quadro.js'), join(dir, 'quadro'));
    for (const line of commands) {
      const isServer = line.includes('--port');
      const command = line.trim().replace(/^npx /, './').replace('--port 9464', '--once');
      const path = `${dirname(process.execPath)}:${process.env.PATH}`;
      const { stdout } = await promisify(execFile)('sh', ['-c', command], {
        cwd: dir,
        env: { ...process.env, PATH: path },
      });
      expect(stdout).toMatch(isServer ? /^quadro_task_transitions_total/m : /^(posted|status) /m);
    }
  });

  it('refuses a board that is there already, and leaves it as it was', async () => {
    const digest = (await quadroJson<CheckReport>(['check', at('newsroom.db')])).digest;
    const { status, stderr } = await quadro(['demo', '--out', 'out'], { cwd: dir });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^quadro: out\/newsroom\.db holds a board already[^\n]*\n$/);
    expect((await quadroJson<CheckReport>(['check', at('newsroom.db')])).digest).toBe(digest);
  });
});

/** A call → whose it is. */
const AGENT_OF: Readonly<Record<string, RegExp>> = {
  'chat demo-small': /^(ideation|review)_worker_\d$/,
  'chat demo-large': /^(research|writing)_worker_\d$/,
  'execute_tool search_archive': /^research_worker_\d$/,
};

const TOOL = {
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'search_archive',
  'gen_ai.tool.type': 'datastore',
};

/** Stages in which an agent came to an end with its work: it neither crashed nor fell silent. */
const WORKED = `SELECT status AS stage, count(*) AS worked FROM stages
  WHERE stage_kind IN ('active', 'review') AND edge_out NOT IN ('exit', 'stale') GROUP BY status`;

const STALE_WRITERS = `SELECT s.assigned_to AS agent, p.terminal_at IS NOT NULL AS ended
  FROM stages s JOIN flight_plans p USING (board_uid, task_id)
  WHERE s.status = 'writing' AND s.exited_at IS NOT NULL AND p.stale_count > 0
    AND s.exited_sequence_id IN (SELECT sequence_id FROM events WHERE to_status = 'STALE')`;

const OUTCOMES = `SELECT count(*) FILTER (status = 'published') AS published, count(*) FILTER (status = 'HUMAN_REVIEW') AS crashed,
  (SELECT count(DISTINCT task_id) FROM events WHERE edge = 'revision') AS revised,
  (SELECT count(DISTINCT task_id) FROM events WHERE event_type = 'task_stale') AS stale FROM tasks`;

describe('quadro demo, interrupted', () => {
  it('Ctrl-C ends the run early: what was done is finished, whole and told of', async () => {
    const dir = tempDir();
    const demo = startQuadro(['demo', '--tasks', '40', '--seconds', '60', '--out', 'a demo'], { cwd: dir });
    await demo.saw(/^2\.\d s/m);
    const { status, stdout, stderr } = await demo.stop('SIGINT');
    expect(status).toBe(0);
    expect(stderr).toContain('stopping; Ctrl-C again ends at once');
    expect(stdout).toMatch(/, \d+ not finished\./);
    // A path that wants quoting is quoted.
    expect(stdout).toContain("npx quadro metrics 'a demo/newsroom.db' --port 9464");
    expect(await quadroJson(['check', join(dir, 'a demo', 'newsroom.db')])).toMatchObject({ ok: true, faults: [] });
    expect(existsSync(join(dir, 'a demo', 'log', 'events.parquet'))).toBe(true);
    const stages = new Set(spansIn(join(dir, 'a demo', 'spans.ndjson')).map(span => span.spanId));
    const calls = spansIn(join(dir, 'a demo', 'worker-spans.ndjson'));
    expect(calls.length).toBeGreaterThan(0);
    // A stage that is still open is one in which the deadline cut a call off; that call is there too, and says so.
    const cut = calls.filter(call => call.attributes['error.type'] === 'ABORT_ERR').map(call => call.parentSpanId);
    expect(calls.filter(call => !stages.has(call.parentSpanId) && !cut.includes(call.parentSpanId))).toEqual([]);
  });

  it('an endpoint that cannot be reached neither stops nor delays the run for long', async () => {
    const dir = tempDir();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    const { status, stdout } = await quadro(['demo', '--tasks', '3', '--seconds', '1', '--out', 'out'], {
      cwd: dir,
      env,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0 spans delivered while it ran\. The rest waits for the receiver: .*127\.0\.0\.1/m);
    const calls = spansIn(join(dir, 'out', 'worker-spans.ndjson')).length;
    expect(calls).toBeGreaterThan(0);
    expect(stdout).toMatch(
      new RegExp(
        `^0 spans of the workers' own calls delivered, of ${calls}: .*127\\.0\\.0\\.1.*All are in out/worker-spans\\.ndjson\\.$`,
        'm',
      ),
    );
    // What it then advises has all of it.
    const receiver = await otlpReceiver();
    const reachable = { OTEL_EXPORTER_OTLP_ENDPOINT: new URL('/', receiver.url).href };
    expect(stdout).toContain('npx quadro spans out/newsroom.db sends it.');
    expect((await quadro(['spans', 'out/newsroom.db'], { cwd: dir, env: reachable })).status).toBe(0);
    await receiver.close();
    const written = spansIn(join(dir, 'out', 'spans.ndjson'));
    expect(identities(receiver.spans)).toEqual(identities(written));
    expect(await quadroJson(['check', join(dir, 'out', 'newsroom.db')])).toMatchObject({ ok: true, faults: [] });
  });
});

describe('quadro demo, where it cannot work', () => {
  const hook = pathToFileURL(resolve(import.meta.dirname, '../support/hide-packages.ts')).href;

  it.each([
    '@opentelemetry/api',
    '@opentelemetry/context-async-hooks',
    '@opentelemetry/otlp-transformer',
    '@opentelemetry/sdk-trace',
  ])('says in one line what to install where %s is missing, and leaves nothing', async name => {
    const dir = tempDir();
    const env = { NODE_OPTIONS: `--import=${hook}`, QUADRO_TEST_HIDDEN: name };
    const { status, stdout, stderr } = await quadro(['demo', '--out', 'out'], { cwd: dir, env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^quadro: This needs packages that are not installed; run: npm install [^\n]*\n$/);
    expect(stderr).toContain(` ${name} `);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says before it begins that a variable cannot be read, and leaves nothing', async () => {
    const dir = tempDir();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    const { status, stdout, stderr } = await quadro(['demo', '--out', 'out'], { cwd: dir, env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^quadro: [^\n]*OTEL_EXPORTER_OTLP_PROTOCOL[^\n]*\(invalid_configuration\)\n$/);
    expect(readdirSync(dir)).toEqual([]);
  });
});
