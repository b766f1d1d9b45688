import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ExportSummary } from '../../exporters/otel/index.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver, type ReceivedSpan } from '../otel/otlp-receiver.ts';
import { quadro, quadroJson, startQuadro } from '../support/run-quadro.ts';
import { openSample, runMemo, writeSample } from '../support/sample-board.ts';
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

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 20));
}

describe('spans', () => {
  it('--to writes OTLP JSON lines, the same every time', async () => {
    const file = await sample();
    const to = `${file}.ndjson`;
    const { status, stdout, stderr } = await quadro(['spans', file, '--to', to]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
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
    expect(existsSync(`${file}-log.cursor-otlp.json`)).toBe(true);
  });

  it('--follow sends what another process commits, and SIGTERM ends it with 0 and nothing lost', async () => {
    const file = await sample();
    const { url, spans } = await receiver();
    const follower = startQuadro(['spans', file, '--otlp', url, '--follow', '--json']);
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
    misbehaviours.push({ status: 503 }, 'drop');
    const { status, stdout, stderr } = await quadro(['spans', file, '--otlp', url]);
    expect(status).toBe(0);
    // Said once, however often it is tried; what takes longer than a second tells how far it is.
    expect(stderr.replace(/^8 of 8 events\n/m, '')).toMatch(/^waiting for the receiver, and trying again: .+\n$/);
    expect(stdout).toContain('after 2 retries');
    expect(spans).toHaveLength(6);
  });

  it('Ctrl-C while it waits ends it with 130; the next run has everything', async () => {
    const file = await sample();
    const { url, spans, misbehaviours } = await receiver();
    misbehaviours.push(...Array.from({ length: 50 }, () => ({ status: 503 })));
    const waiting = startQuadro(['spans', file, '--otlp', url]);
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
    expect(refused.stderr).toMatch(/^quadro: [^\n]*401[^\n]*\(delivery_failed\)\n$/);
    expect(refused.stderr).not.toContain('\u001b');
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: 2, errorMessage: 'too old' } });
    misbehaviours.push({ status: 200, body, headers: { 'content-type': 'application/json' } });
    const partly = await quadro(['spans', file, '--otlp', url]);
    expect(partly.status).toBe(1);
    expect(partly.stdout).toContain('2 were rejected: too old');
  });
});
