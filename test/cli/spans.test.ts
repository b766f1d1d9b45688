import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import { destinationOf, type ExportSummary } from '../../exporters/otel/index.ts';
import { cuttingProxy } from '../faults/cutting-proxy.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver, type ReceivedSpan } from '../otel/otlp-receiver.ts';
import {
  type QuadroOptions,
  quadro,
  quadroJson,
  type Running,
  startQuadro,
  withoutProgress,
} from '../support/run-quadro.ts';
import { openSample, runMemo, writeSample } from '../support/sample-board.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { tempDir } from '../support/temp.ts';

/** Of each memo: its root, and the two stages it has left. */
const SPANS_A_MEMO = 3;

async function receiver(): Promise<OtlpReceiver> {
  const made = await otlpReceiver();
  onTestFinished(() => made.close());
  return made;
}

async function sample(): Promise<string> {
  const file = join(tempDir(), 'board.db');
  await writeSample(file);
  return file;
}

const ids = (spans: readonly ReceivedSpan[]): string[] =>
  spans.map(span => `${span.traceId} ${span.spanId}`).toSorted();

/** A command that does not outlive its test. */
function started(args: readonly string[], options: QuadroOptions = {}): Running {
  const running = startQuadro(args, options);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 20));
}

describe('spans', () => {
  it('--to writes OTLP JSON lines, the same every time', async () => {
    const file = await sample();
    const to = `${file}.ndjson`;
    const { status, stdout, stderr } = await quadro(['spans', file, '--to', to]);
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(`6 spans to ${to}, up to event 8\n`);
    const text = readFileSync(to, 'utf8');
    for (const line of text.trimEnd().split('\n')) expect(Object.keys(JSON.parse(line))).toEqual(['resourceSpans']);
    const spans = decodeLines(text);
    expect(spans.map(span => span.name).toSorted()).toEqual([
      'stage IN_PROGRESS',
      'stage IN_PROGRESS',
      'stage UNASSIGNED',
      'stage UNASSIGNED',
      'task memo',
      'task memo',
    ]);
    expect(spans.every(span => !('quadro.label' in span.attributes))).toBe(true);
    await quadro(['spans', file, '--to', to]);
    expect(readFileSync(to, 'utf8')).toBe(text);
    const labelled = await quadroJson<ExportSummary>(['spans', file, '--to', to, '--label']);
    expect(labelled).toMatchObject({ spans: 6, rejected: 0, cursor: { events: 8 } });
    const roots = decodeLines(readFileSync(to, 'utf8')).filter(span => span.name === 'task memo');
    expect(roots.map(span => span.attributes['quadro.label'])).toEqual(['lunch', 'fire drill']);
    await quadro(['spans', file, '--to', to, '--from', '5']);
    expect(decodeLines(readFileSync(to, 'utf8'))).toHaveLength(SPANS_A_MEMO);
  });

  it('--otlp sends, remembers how far it came beside the board, and --from begins there instead', async () => {
    const file = await sample();
    const { url, spans } = await receiver();
    expect((await quadro(['spans', file, '--otlp', url])).stdout).toBe(`6 spans to ${url}, up to event 8\n`);
    const first = ids(spans);
    expect(new Set(first).size).toBe(6);
    const again = await quadro(['spans', file, '--otlp', url]);
    expect(again.status).toBe(0);
    expect(again.stdout).toMatch(/^Nothing new for .* since event 8; --from 1 sends everything again/);
    expect(spans).toHaveLength(6);
    const all = await quadroJson<ExportSummary>(['spans', file, '--otlp', url, '--from', '1']);
    expect(all.spans).toBe(6);
    expect(ids(spans.slice(6))).toEqual(first);
    const board = await openSample(file);
    await runMemo(board, 't3', 'one more');
    await board.close();
    expect((await quadroJson<ExportSummary>(['spans', file, '--otlp', url])).spans).toBe(SPANS_A_MEMO);
  });

  it('what one receiver has got says nothing about another, nor one board about its neighbour', async () => {
    const file = await sample();
    await writeSample(file, { boardId: 'other', labels: ['soup'] });
    const [a, b] = [await receiver(), await receiver()];
    for (const { url, spans } of [a, b]) {
      await quadroJson(['spans', file, '--otlp', url]);
      expect(spans).toHaveLength(6);
      await quadroJson(['spans', file, '--board', 'other', '--otlp', url]);
      expect(spans).toHaveLength(6 + SPANS_A_MEMO);
      expect(new Set(ids(spans)).size).toBe(6 + SPANS_A_MEMO);
    }
  });

  it('without --otlp goes to the endpoint of the environment; an exported log gives the same spans', async () => {
    const file = await sample();
    const { url, spans } = await receiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: new URL('/', url).href };
    expect((await quadro(['spans', file], { env })).status).toBe(0);
    expect(spans).toHaveLength(6);
    await quadroJson(['export', file, '--to', `${file}-log`]);
    expect((await quadro(['spans', `${file}-log`], { env })).status).toBe(0);
    expect(spans.slice(6)).toEqual(spans.slice(0, 6));
    expect(existsSync(`${file}-log.cursor-${destinationOf({ url })}.json`)).toBe(true);
    // It is one receiver, however its address is given.
    expect((await quadro(['spans', file, '--otlp', url])).stdout).toMatch(/^Nothing new/);
  });

  it('--follow sends what another process commits, and SIGTERM ends it with 0 and nothing lost', async () => {
    const file = await sample();
    const { url, spans } = await receiver();
    const follower = started(['spans', file, '--otlp', url, '--follow', '--json']);
    await until(() => spans.length === 6);
    const board = await openSample(file);
    await runMemo(board, 't3', 'while you watch');
    await until(() => spans.length === 6 + SPANS_A_MEMO);
    await runMemo(board, 't4', 'once more');
    await until(() => spans.length === 6 + 2 * SPANS_A_MEMO);
    const { status, stdout } = await follower.stop('SIGTERM');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ spans: 12, rejected: 0, cursor: { events: 16 } });
    await runMemo(board, 't5', 'unseen');
    await board.close();
    expect((await quadroJson<ExportSummary>(['spans', file, '--otlp', url])).spans).toBe(SPANS_A_MEMO);
    expect(new Set(ids(spans)).size).toBe(spans.length);
  });

  it('says on stderr that it waits for a receiver that is down, and goes on when it is back', async () => {
    const file = await sample();
    const { url, spans, misbehaviours } = await receiver();
    misbehaviours.push({ status: 503 }, { status: 429, headers: { 'retry-after': '1' } });
    const { status, stdout, stderr } = await quadro(['spans', file, '--otlp', url]);
    expect(status).toBe(0);
    // Said once, however often it is tried; what takes longer than a second tells how far it is.
    expect(withoutProgress(stderr)).toMatch(/^waiting, and trying again: .+\n$/);
    expect(stdout).toContain('after 2 retries');
    expect(spans).toHaveLength(6);
  });

  it('Ctrl-C while it waits ends it with 130; the next run has everything', async () => {
    const file = await sample();
    const { url, spans, misbehaviours } = await receiver();
    misbehaviours.push(...Array.from({ length: 50 }, () => ({ status: 503 })));
    const waiting = started(['spans', file, '--otlp', url]);
    await waiting.saw(/^waiting/m);
    const { status, stdout, stderr } = await waiting.stop('SIGINT');
    expect(status).toBe(130);
    expect(stdout).toMatch(/^0 spans to .*, up to event 0(, after \d+ retries)?\n$/);
    expect(stderr).toMatch(/stopping; Ctrl-C again ends at once\nquadro: interrupted\n$/);
    misbehaviours.length = 0;
    expect((await quadroJson<ExportSummary>(['spans', file, '--otlp', url])).spans).toBe(6);
    expect(spans).toHaveLength(6);
  });

  it('a receiver that refuses for good, or rejects spans, is no success', async () => {
    const file = await sample();
    const { url, misbehaviours } = await receiver();
    misbehaviours.push({ status: 401, body: 'who are you\u001b[2J' });
    const refused = await quadro(['spans', file, '--otlp', url]);
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 2, stdout: '' });
    expect(withoutProgress(refused.stderr)).toMatch(/^quadro: [^\n]*401[^\n]*\(delivery_failed\)\n$/);
    expect(refused.stderr).not.toContain('\u001b');
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: 2, errorMessage: 'too old' } });
    misbehaviours.push({ status: 200, body, headers: { 'content-type': 'application/json' } });
    const partly = await quadro(['spans', file, '--otlp', url]);
    expect(partly.status).toBe(1);
    expect(partly.stdout).toContain('2 were rejected: too old');
  });

  it('what a receiver says of what it takes is told', async () => {
    const file = await sample();
    const { url, misbehaviours } = await receiver();
    const body = JSON.stringify({ partialSuccess: { errorMessage: 'soon too old\u001b[2J' } });
    misbehaviours.push({ status: 200, body });
    const { status, stdout } = await quadro(['spans', file, '--otlp', url, '--task', 't1']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^3 spans to [^,;]+; the receiver says: soon too old \[2J\n$/);
  });

  it('--follow tells as it begins that spans are rejected, once', async () => {
    const file = await sample();
    const made = await receiver();
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: 1, errorMessage: 'too old' } });
    made.judge = () => ({ status: 200, body });
    const follower = started(['spans', file, '--otlp', made.url, '--follow', '--json']);
    await follower.saw(/^the receiver rejects spans: too old\n/m);
    const board = await openSample(file);
    await runMemo(board, 't3', 'one more');
    await board.close();
    await until(() => made.spans.length === 6 + SPANS_A_MEMO);
    const { status, stdout, stderr } = await follower.stop('SIGTERM');
    expect(status).toBe(1);
    expect(JSON.parse(stdout).rejected).toBeGreaterThan(1);
    expect(stderr.match(/rejects spans/g)).toHaveLength(1);
  });
});

describe('what a receiver refuses', () => {
  it('single spans are set aside beside the saved place, told, and the rest goes on; exit 1', async () => {
    const file = await sample();
    const made = await receiver();
    made.judge = spans =>
      spans.some(span => span.attributes['quadro.task_id'] === 't1') ? { status: 400 } : undefined;
    const { status, stdout } = await quadro(['spans', file, '--otlp', made.url]);
    expect(status).toBe(1);
    const [, at = ''] = /^3 spans to .*; 3 were refused, and set aside in (.+)\n$/.exec(stdout) ?? [];
    expect(at).toMatch(/^.*board\.db\.cursor-otlp-[0-9a-f]{8}\.dead-letter\.ndjson$/);
    expect(new Set(decodeLines(readFileSync(at, 'utf8')).map(span => span.attributes['quadro.task_id']))).toEqual(
      new Set(['t1']),
    );
    expect((await quadro(['spans', file, '--otlp', made.url])).stdout).toMatch(/^Nothing new/);
    const [a, b] = [join(tempDir(), 'letters.ndjson'), await receiver()];
    b.judge = made.judge;
    const named = await quadro(['spans', file, '--otlp', b.url, '--dead-letter', a, '--json']);
    expect(named.status).toBe(1);
    expect(JSON.parse(named.stdout)).toMatchObject({ spans: 3, dead_lettered: 3, rejected: 0, dead_letter_file: a });
    expect(decodeLines(readFileSync(a, 'utf8'))).toHaveLength(3);
  });

  it('everything is no matter of single spans: nothing is set aside, and it says what to check', async () => {
    const file = await sample();
    const made = await receiver();
    made.judge = () => ({ status: 400 });
    const { status, stdout, stderr } = await quadro(['spans', file, '--otlp', made.url]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(withoutProgress(stderr)).toMatch(/^quadro: [^\n]*400[^\n]*\(delivery_failed\)\n$/);
    expect(readdirSync(join(file, '..')).filter(name => name.includes('dead-letter'))).toEqual([]);
  });
});

describe('a part of the log', () => {
  it('--task, --since and --until send it beside the saved place, and leave that where it is', async () => {
    const file = await sample();
    const { url, spans } = await receiver();
    const part = async (...args: string[]): Promise<ReceivedSpan[]> => {
      const { spans: count } = await quadroJson<ExportSummary>(['spans', file, '--otlp', url, ...args]);
      const taken = spans.splice(0);
      expect(taken).toHaveLength(count);
      return taken;
    };
    const ofT2 = await part('--task', 't2');
    expect(ofT2.map(span => span.attributes['quadro.task_id'])).toEqual(['t2', 't2', 't2']);
    expect(ids(await part('--task', 't2', '--task', 't1'))).toHaveLength(6);
    expect(await part('--until', '2020-01-01')).toEqual([]);
    expect(await part('--until', '1h')).toEqual([]);
    expect(ids(await part('--since', '1h', '--until', '2100-01-01T00:00+02:00'))).toHaveLength(6);
    expect(readdirSync(join(file, '..')).filter(name => name.includes('.cursor-'))).toEqual([]);
    expect(await part('--since', '7d')).toHaveLength(6);
    expect(await part()).toEqual([]);
    expect(await part('--max-span-age', '24h', '--from', '1')).toHaveLength(6);
  });

  it('--max-span-age and --sample leave out, and say how many', async () => {
    const file = await sample();
    const { url } = await receiver();
    await new Promise(resolve => setTimeout(resolve, 1_100));
    const old = await quadro(['spans', file, '--otlp', url, '--max-span-age', '1s']);
    expect(old).toMatchObject({ status: 0, stdout: `0 spans to ${url}, up to event 8; 6 are too old\n` });
    const none = await quadro(['spans', file, '--otlp', url, '--from', '1', '--sample', '0']);
    expect(none).toMatchObject({ status: 0, stdout: `0 spans to ${url}, up to event 8; 6 are not sampled\n` });
  });

  it('--gen-ai names who runs the models on the stages of agents', async () => {
    const file = await sample();
    const to = `${file}.ndjson`;
    await quadroJson(['spans', file, '--to', to, '--gen-ai', 'openai']);
    const [stage] = decodeLines(readFileSync(to, 'utf8')).filter(span => span.name === 'stage IN_PROGRESS');
    expect(stage?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'openai',
    });
  });
});

describe('two exporters of one receiver', () => {
  it('do not both send: the second says who does; a name of its own or a part of the log is no conflict', async () => {
    const file = await sample();
    const { url, spans } = await receiver();
    const follower = started(['spans', file, '--otlp', url, '--follow']);
    await until(() => spans.length === 6);
    const second = await quadro(['spans', file, '--otlp', url, '--lease-seconds', '3']);
    expect({ status: second.status, stdout: second.stdout }).toEqual({ status: 2, stdout: '' });
    expect(second.stderr).toMatch(/quadro: Another exporter \([^)]+\) sends [^\n]+ \(lease_conflict\)\n$/);
    expect(spans).toHaveLength(6);
    expect((await quadroJson<ExportSummary>(['spans', file, '--otlp', url, '--task', 't1'])).spans).toBe(SPANS_A_MEMO);
    expect((await quadroJson<ExportSummary>(['spans', file, '--otlp', url, '--destination', 'team-b'])).spans).toBe(6);
    const standBy = started(['spans', file, '--otlp', url, '--follow', '--json']);
    await standBy.saw(/^waiting, and trying again: another exporter \(.+\) sends to this destination$/m);
    await follower.stop('SIGTERM');
    const board = await openSample(file);
    await runMemo(board, 't3', 'who sends this');
    await board.close();
    await until(() => spans.length === 6 + SPANS_A_MEMO + 6 + SPANS_A_MEMO);
    const { status, stdout } = await standBy.stop('SIGTERM');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ spans: SPANS_A_MEMO, cursor: { events: 12 } });
  });
});

describe('stopping and outliving', () => {
  it('Ctrl-C while a request is in flight waits for its answer, and notes it', async () => {
    const file = await sample();
    const made = await receiver();
    let answer: () => void = () => undefined;
    made.onRequest = () =>
      new Promise(resolve => {
        answer = resolve;
      });
    const sending = started(['spans', file, '--otlp', made.url, '--json']);
    await until(() => made.requests.length === 1);
    sending.child.kill('SIGINT');
    await sending.saw(/stopping/);
    answer();
    const { status, stdout } = await sending.ended;
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ spans: 6, cursor: { events: 8 } });
    made.onRequest = () => undefined;
    expect((await quadro(['spans', file, '--otlp', made.url])).stdout).toMatch(/^Nothing new/);
    expect(made.spans).toHaveLength(6);
  });

  it('--follow outlives a receiver that is away, and comes back', async () => {
    const file = await sample();
    const first = await otlpReceiver();
    const { port } = new URL(first.url);
    const follower = started(['spans', file, '--otlp', first.url, '--follow', '--json']);
    await until(() => first.spans.length === 6);
    await first.close();
    const board = await openSample(file);
    await runMemo(board, 't3', 'nobody listens');
    await board.close();
    await follower.saw(/^waiting, and trying again: .*cannot be reached/m);
    const back = await otlpReceiver(Number(port));
    onTestFinished(() => back.close());
    await until(() => back.spans.length === SPANS_A_MEMO);
    expect(JSON.parse((await follower.stop('SIGTERM')).stdout)).toMatchObject({ spans: 9 });
  });

  it('--follow outlives a database server that is away, even before it begins', async ({ skip }) => {
    const server = postgresServer();
    if (server.url === null) return skip(server.skip);
    const url = new URL(await newDatabase(server));
    const board = await openBoard({ backend: await backendOf(url.href), taskTypes: { memo: 'fast' } });
    onTestFinished(() => board.close());
    const card = { name: 'Ada', url: 'a2a://ada', version: '1', capabilities: ['memo'], description: '' };
    await board.registerAgent({ agent_id: 'ada', ...card });
    await runMemo(board, 't1', 'lunch');
    const proxy = await cuttingProxy(url.hostname, Number(url.port));
    onTestFinished(() => proxy.close());
    await proxy.stop();
    url.port = String(proxy.port);
    const made = await receiver();
    const cwd = tempDir();
    const follower = started(['spans', url.href, '--otlp', made.url, '--follow', '--json'], { cwd });
    const waits = (): number => follower.output.stderr.match(/^waiting/gm)?.length ?? 0;
    const hasRootOf = (taskId: string): boolean =>
      made.spans.some(span => span.name === 'task memo' && span.attributes['quadro.task_id'] === taskId);
    await follower.saw(/^waiting, and trying again: .*no server answers there/m);
    await proxy.restart();
    await until(() => hasRootOf('t1'));
    const before = waits();
    await proxy.stop();
    await runMemo(board, 't2', 'while you are away');
    await until(() => waits() > before);
    await proxy.restart();
    await until(() => hasRootOf('t2'));
    made.judge = spans =>
      spans.some(span => span.attributes['quadro.task_id'] === 't3') ? { status: 400 } : undefined;
    await runMemo(board, 't3', 'poison');
    await runMemo(board, 't4', 'not at all');
    await until(() => hasRootOf('t4'));
    // Told to stop while it still looks for what is refused, it would leave the whole batch to the next run.
    const setAside = (): number => {
      const files = readdirSync(cwd).filter(name => name.startsWith('quadro-dead-letter-'));
      return files.reduce((lines, name) => lines + readFileSync(join(cwd, name), 'utf8').split('\n').length - 1, 0);
    };
    await until(() => setAside() === 3);
    const { status, stdout } = await follower.stop('SIGTERM');
    expect(status).toBe(1);
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({ spans: 9, dead_lettered: 3 });
    expect(outcome.dead_letter_file).toMatch(/^quadro-dead-letter-default-otlp-[0-9a-f]{8}\.ndjson$/);
    expect(decodeLines(readFileSync(join(cwd, outcome.dead_letter_file), 'utf8'))).toHaveLength(3);
  });
});

describe('what cannot be', () => {
  it.each([
    [['--follow', '--until', '24h'], /'--follow' cannot be used with option '--until <time\|age>'/],
    [['--follow', '--task', 't1'], /'--follow' cannot be used with option '--task <id>'/],
    [['--follow', '--to', 'x'], /'--to <file>' cannot be used with option '--follow'/],
    [['--follow', '--verify', 'x'], /'--verify <file\|url>' cannot be used with option '--follow'/],
    [['--to', 'x', '--otlp', 'http://localhost'], /'--to <file>' cannot be used with option '--otlp <url>'/],
    [['--to', 'x', '--dead-letter', 'y'], /'--to <file>' cannot be used with option '--dead-letter <file>'/],
    [['--to', 'x', '--verify', 'y'], /'--verify <file\|url>' cannot be used with option '--to <file>'/],
    [['--verify', 'x', '--otlp', 'http://localhost'], /cannot be used with option '--otlp <url>'/],
    [['--since', 'yesterday'], /'yesterday' is invalid\. Give a time, such as 2026-11-21T02:10/],
    [['--since', '2026-02-30x'], /is invalid\. Give a time/],
    [['--until', '24x'], /is invalid\. Give a time/],
    [['--since', '0h'], /is invalid\. Give an age/],
    [['--max-span-age', '60'], /'60' is invalid\. Give an age: a whole number and s, m, h or d/],
    [['--sample', '1.5'], /It must be a share from 0 to 1/],
    [['--sample', '10%'], /It must be a share from 0 to 1/],
    [['--from', '0'], /It must be a sequence_id/],
    [['--lease-seconds', '0'], /It must be a number of seconds above 0/],
    [['--protocol', 'grpc'], /Allowed choices are http\/json, http\/protobuf/],
    [
      ['--since', '1h', '--until', '2h'],
      /--until \S+ is not after --since \S+: nothing lies between them \(invalid_configuration\)/,
    ],
    [['--gen-ai', ' '], /invalid_configuration/],
    [['--destination', '../up'], /invalid_configuration/],
    [['--otlp', 'localhost:4318'], /no http or https URL/],
  ])('%j is refused in one line', async (args, reason) => {
    const file = await sample();
    const { status, stdout, stderr } = await quadro(['spans', file, ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(withoutProgress(stderr)).toMatch(/^quadro: [^\n]+\n$/);
    expect(stderr).toMatch(reason);
    expect(
      readdirSync(join(file, '..')).filter(name => !/^board\.db(-wal|-shm|.*\.lease-[12]\.json)?$/.test(name)),
    ).toEqual([]);
  });

  it('a header is sent, and one that is none is not printed', async () => {
    const file = await sample();
    const { url, requests } = await receiver();
    await quadroJson(['spans', file, '--otlp', url, '--header', 'x-honeycomb-team: s3cret', '--header', 'x-b:c:d']);
    expect(requests[0]?.headers).toMatchObject({ 'x-honeycomb-team': 's3cret', 'x-b': 'c:d' });
    const { status, stderr } = await quadro(['spans', file, '--otlp', url, '--header', 'x-honeycomb-team=s3cret']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/--header is written 'NAME: VALUE'/);
    expect(stderr).not.toContain('s3cret');
  });

  it('prints no password of a receiver', async () => {
    const file = await sample();
    const { url } = await receiver();
    const { status, stdout } = await quadro(['spans', file, '--otlp', url.replace('//', '//me:s3cret@')]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^6 spans to http:\/\/me:\*\*\*@/);
  });
});
