import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../analysis/index.ts';
import type { CheckReport } from '../../board/check/check.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver, type ReceivedSpan } from '../otel/otlp-receiver.ts';
import { sampleOf } from '../support/exposition.ts';
import { quadro, quadroJson, type Ran, startQuadro } from '../support/run-quadro.ts';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TASKS = 30;

const identity = (span: ReceivedSpan): string => `${span.traceId} ${span.spanId} ${span.name}`;
const identities = (spans: readonly ReceivedSpan[]): string[] => spans.map(identity).toSorted();

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
    const written = decodeLines(readFileSync(at('spans.ndjson'), 'utf8'));
    expect(identities(receiver.spans)).toEqual(identities(written));
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

  it('writes what it says: the log as Parquet, the spans, the metrics, the report', async () => {
    expect(
      readdirSync(at('.'))
        .filter(name => !/-(wal|shm)$/.test(name))
        .toSorted(),
    ).toEqual(
      ['log', 'metrics.txt', 'newsroom.db', 'newsroom.db.cursor-otlp.json', 'report.json', 'spans.ndjson'].toSorted(),
    );
    expect(await quadroJson(['report', at('log')])).toEqual(JSON.parse(readFileSync(at('report.json'), 'utf8')));
    expect(await quadroJson(['report', at('newsroom.db')])).toEqual(
      JSON.parse(readFileSync(at('report.json'), 'utf8')),
    );
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
    // What it then advises has all of it.
    const receiver = await otlpReceiver();
    const reachable = { OTEL_EXPORTER_OTLP_ENDPOINT: new URL('/', receiver.url).href };
    expect(stdout).toContain('npx quadro spans out/newsroom.db sends it.');
    expect((await quadro(['spans', 'out/newsroom.db'], { cwd: dir, env: reachable })).status).toBe(0);
    await receiver.close();
    const written = decodeLines(readFileSync(join(dir, 'out', 'spans.ndjson'), 'utf8'));
    expect(identities(receiver.spans)).toEqual(identities(written));
    expect(await quadroJson(['check', join(dir, 'out', 'newsroom.db')])).toMatchObject({ ok: true, faults: [] });
  });
});
