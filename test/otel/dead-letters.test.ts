import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Board } from '../../board/index.ts';
import { fileCursorStore } from '../../exporters/feed/index.ts';
import { type ExportProgress, exportSpans } from '../../exporters/otel/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { sampleOf } from '../support/exposition.ts';
import { tempDir } from '../support/temp.ts';
import { byId, exportKilled } from './killed-exporter.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let board: Board;
let receiver: OtlpReceiver;
let deadLetterFile: string;
beforeEach(async () => {
  board = await testBoard();
  await work(board, 20);
  receiver = await otlpReceiver();
  deadLetterFile = join(tempDir(), 'dead-letters.ndjson');
});
afterEach(async () => {
  await receiver.close();
  await board.close();
});

const once = { follow: false, firstRetryMs: 1 } as const;
const keyOf = ({ traceId, spanId }: ReceivedSpan): string => `${traceId} ${spanId}`;
const isRootOf = (taskId: string) => (span: ReceivedSpan) =>
  span.name.startsWith('task ') && span.attributes['quadro.task_id'] === taskId;

/** Every span of the board, as a receiver without faults takes them. */
async function allSpans(): Promise<ReceivedSpan[]> {
  await exportSpans(board, { ...once, url: receiver.url });
  receiver.requests.splice(0);
  return receiver.spans.splice(0);
}

/** The receiver refuses every request that holds one of these. */
function refuse(isBad: (span: ReceivedSpan) => boolean, status = 400): void {
  receiver.judge = spans => (spans.some(isBad) ? { status, body: 'bad span' } : undefined);
}

const letters = (): string => (existsSync(deadLetterFile) ? readFileSync(deadLetterFile, 'utf8') : '');

interface Line {
  readonly quadro: { readonly reason: string; readonly status: number; readonly refused_at: string; location: string };
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line);

describe('a span that is refused for itself', () => {
  it.each([400, 409, 422, 500])('by %i is set aside, and the rest goes on', async status => {
    const all = await allSpans();
    const cursorStore = fileCursorStore(join(tempDir(), 'cursor.json'));
    refuse(isRootOf('w7'), status);
    const told: ExportProgress[] = [];
    const options = { ...once, url: receiver.url, cursorStore, deadLetterFile };
    const summary = await exportSpans(board, { ...options, onProgress: progress => told.push(progress) });

    expect(decodeLines(letters())).toEqual(all.filter(isRootOf('w7')));
    expect(new Set(receiver.spans.map(keyOf))).toEqual(new Set(all.filter(s => !isRootOf('w7')(s)).map(keyOf)));
    expect(summary).toMatchObject({ spans: all.length - 1, dead_lettered: 1, rejected: 0, retries: 0 });
    expect(told.at(-1)).toMatchObject({ dead_lettered: 1, waiting: null });
    const { next_sequence_id } = await board.board();
    expect((await cursorStore.load())?.cursor.events).toBe(next_sequence_id - 1);
    expect(receiver.requests.length).toBeLessThan(25);

    const [line] = linesOf(letters());
    expect(line?.quadro).toMatchObject({ status, location: receiver.url, reason: expect.stringContaining('bad span') });
    expect(Date.parse(line?.quadro.refused_at ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  it('can be sent again from its line, as it is', async () => {
    const all = await allSpans();
    refuse(isRootOf('w7'));
    await exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    receiver.judge = () => undefined;
    receiver.spans.splice(0);
    const [body = ''] = letters().split('\n');
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(receiver.url, { method: 'POST', headers, body })).status).toBe(200);
    expect(receiver.spans).toEqual(all.filter(isRootOf('w7')));
  });

  it.each(['http/json', 'http/protobuf'] as const)('is found wherever they stand, in %s', async protocol => {
    const all = await allSpans();
    const options = { ...once, url: receiver.url, protocol };
    await fc.assert(
      fc.asyncProperty(fc.subarray(all, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), async (bad, batchSize) => {
        const file = join(tempDir(), 'dead-letters.ndjson');
        const keys = new Set(bad.map(keyOf));
        receiver.spans.splice(0);
        receiver.requests.splice(0);
        refuse(span => keys.has(keyOf(span)));
        const summary = await exportSpans(board, { ...options, batchSize, deadLetterFile: file });
        const set = keys.size === 0 ? [] : decodeLines(readFileSync(file, 'utf8'));
        expect(set.map(keyOf).sort()).toEqual([...keys].sort());
        expect(new Set([...receiver.spans, ...set].map(keyOf))).toEqual(new Set(all.map(keyOf)));
        expect(summary).toMatchObject({ spans: all.length - keys.size, dead_lettered: keys.size });
        const batches = Math.ceil(all.length / batchSize);
        expect(receiver.requests.length).toBeLessThan(3 * all.length + 2 * batches);
      }),
      { numRuns: 15 },
    );
  });

  it('is set aside for its size too, where others are taken', async () => {
    const all = await allSpans();
    refuse(isRootOf('w7'), 413);
    const summary = await exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    expect(summary).toMatchObject({ spans: all.length - 1, dead_lettered: 1 });
    expect(linesOf(letters())).toMatchObject([{ quadro: { status: 413 } }]);
  });

  it('that comes alone, as the first of a run, is set aside where an empty request is taken', async () => {
    const small = await testBoard();
    await small.postTask({ task_id: 'only', task_type: 'note', label: 'Only' });
    await small.updateTask({ task_id: 'only', to_status: 'IN_PROGRESS', assigned_to: 'ada' });
    refuse(() => true, 422);
    const summary = await exportSpans(small, { ...once, url: receiver.url, deadLetterFile });
    expect(summary).toMatchObject({ spans: 0, dead_lettered: 1 });
    expect(receiver.requests.map(({ spans }) => spans)).toEqual([1, 0, 1]);
    await small.close();
  });

  it('once, by a fault that passes, is not set aside', async () => {
    const options = { ...once, url: receiver.url, batchSize: 1, deadLetterFile };
    receiver.onRequest = () => void (receiver.requests.length === 5 && receiver.misbehaviours.push({ status: 500 }));
    const summary = await exportSpans(board, options);
    expect(summary.dead_lettered).toBe(0);
    expect(new Set(receiver.spans.map(keyOf)).size).toBe(summary.spans);
    expect(existsSync(deadLetterFile)).toBe(false);
  });

  it('is waited for like any other while the receiver is away', async () => {
    refuse(isRootOf('w7'));
    let count = 0;
    receiver.onRequest = () => {
      count += 1;
      if (count % 2 === 1) receiver.misbehaviours.push({ status: 503 });
    };
    const summary = await exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    expect(summary).toMatchObject({ dead_lettered: 1 });
    expect(summary.retries).toBeGreaterThan(5);
  });

  it('is counted for a measured board of the same process', async () => {
    refuse(isRootOf('w7'));
    const measured = await measureBoard(board);
    const meter = measured.exporterMeter('traces');
    const { spans } = await exportSpans(board, { ...once, url: receiver.url, deadLetterFile, meter });
    const { text } = await measured.metrics();
    await measured.close();
    const resultOf = (result: string) => sampleOf(text, 'quadro_exporter_spans_total', { signal: 'traces', result });
    const results = ['sent', 'dead_lettered', 'rejected', 'too_old', 'not_sampled'];
    expect(results.map(resultOf)).toEqual([spans, 1, 0, 0, 0]);
  });

  it('by an exporter of the caller is set aside as well', async () => {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    const all = await allSpans();
    refuse(isRootOf('w7'));
    const exporter = new OTLPTraceExporter({ url: receiver.url });
    const summary = await exportSpans(board, { ...once, exporter, deadLetterFile });
    expect(summary).toMatchObject({ spans: all.length - 1, dead_lettered: 1 });
    expect(decodeLines(letters())).toEqual(all.filter(isRootOf('w7')));
  });

  it('within a partial success is rejected, not set aside: the answer does not say which', async () => {
    receiver.misbehaviours.push({ status: 200, body: JSON.stringify({ partialSuccess: { rejectedSpans: '2' } }) });
    const summary = await exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    expect(summary).toMatchObject({ rejected: 2, dead_lettered: 0 });
    expect(existsSync(deadLetterFile)).toBe(false);
  });

  it('ends the export where there is no file for it, with the advice to give one', async () => {
    refuse(isRootOf('w7'));
    const refused = exportSpans(board, { ...once, url: receiver.url });
    await expect(refused).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/deadLetterFile/),
    });
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('a refusal that is not about the spans', () => {
  const cursorOf = async (folder: string) => (await fileCursorStore(join(folder, 'cursor.json')).load())?.cursor.events;

  /** Exports in small batches; the error, where it failed. */
  async function exportSmall(folder: string): Promise<unknown> {
    const cursorStore = fileCursorStore(join(folder, 'cursor.json'));
    const options = { ...once, url: receiver.url, cursorStore, deadLetterFile, batchSize: 20, saveEveryMs: 0 };
    return exportSpans(board, options).catch(error => error);
  }

  it.each([301, 401, 403, 404, 405, 407, 415, 501])('%i: ends the export, and none is set aside', async status => {
    const folder = tempDir();
    receiver.judge = () => (receiver.spans.length > 0 ? { status } : undefined);
    expect(await exportSmall(folder)).toMatchObject({ code: 'delivery_failed' });
    expect(await cursorOf(folder)).toBe(20);
    expect(existsSync(deadLetterFile)).toBe(false);
    expect(receiver.requests).toHaveLength(2);
  });

  it('400 for everything from the start, empty requests too: none is set aside', async () => {
    const folder = tempDir();
    receiver.judge = () => ({ status: 400 });
    expect(await exportSmall(folder)).toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/an empty request as well/),
    });
    expect(await cursorOf(folder)).toBeUndefined();
    expect(receiver.requests.map(({ spans }) => spans > 0)).toEqual([true, false]);
    expect(existsSync(deadLetterFile)).toBe(false);
  });

  it('400 for every span, though empty requests are taken: ends after a few', async () => {
    receiver.judge = spans => (spans.length > 0 ? { status: 400 } : undefined);
    const refused = exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    await expect(refused).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/spans in a row were refused/),
    });
    expect(receiver.requests.length).toBeLessThan(50);
    expect(existsSync(deadLetterFile)).toBe(false);
  });

  it('400 from a receiver that has turned against everything: ends at once, the cursor before it', async () => {
    const folder = tempDir();
    receiver.judge = () => (receiver.spans.length > 0 ? { status: 400 } : undefined);
    expect(await exportSmall(folder)).toMatchObject({
      message: expect.stringMatching(/a span that it took before as well/),
    });
    expect(await cursorOf(folder)).toBe(20);
    expect(receiver.requests.map(({ spans }) => spans).slice(-1)).toEqual([1]);
    expect(receiver.requests).toHaveLength(3);
    expect(existsSync(deadLetterFile)).toBe(false);
    // Once it is well again, everything arrives.
    receiver.judge = () => undefined;
    expect(await exportSmall(folder)).toMatchObject({ dead_lettered: 0 });
    const arrived = new Set(receiver.spans.map(keyOf));
    expect(arrived).toEqual(new Set((await allSpans()).map(keyOf)));
  });

  it('400 while the credentials are being revoked: what is told is the 401', async () => {
    receiver.misbehaviours.push({ status: 400 });
    receiver.judge = () => ({ status: 401 });
    const refused = exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    await expect(refused).rejects.toMatchObject({ code: 'delivery_failed', details: { status: 401 } });
  });

  it('400 from one that turns while a bad span is being looked for: none is set aside', async () => {
    const isBad = isRootOf('w7');
    receiver.judge = spans => {
      const isLookedFor = receiver.requests.some(request => request.spans === 1);
      return isLookedFor || spans.some(isBad) ? { status: 400 } : undefined;
    };
    const refused = exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    await expect(refused).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/No span was set aside/),
    });
    expect(existsSync(deadLetterFile)).toBe(false);
  });

  it('400 for everything new from one that repeats are still welcome to: ends after a hundred in a row', async () => {
    await work(board, 40, 'more');
    const known = new Set<string>();
    receiver.judge = spans => {
      if (known.size > 50 && !spans.every(span => known.has(keyOf(span)))) return { status: 400 };
      for (const span of spans) known.add(keyOf(span));
      return undefined;
    };
    const refused = exportSpans(board, { ...once, url: receiver.url, deadLetterFile, batchSize: 150 });
    await expect(refused).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/101 spans in a row/),
    });
    expect(receiver.requests.length).toBeLessThan(250);
    expect(existsSync(deadLetterFile)).toBe(false);
  });
});

describe('the dead-letter file', () => {
  it('begins a new line where a kill has torn the last one', async () => {
    refuse(isRootOf('w7'));
    appendFileSync(deadLetterFile, '{"resourceSpans":[{"resource":{"attrib');
    await exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    refuse(isRootOf('w8'));
    await exportSpans(board, { ...once, url: receiver.url, deadLetterFile });
    const [torn, ...whole] = letters().split('\n');
    expect(torn).toBe('{"resourceSpans":[{"resource":{"attrib');
    expect(decodeLines(whole.join('\n')).map(span => span.attributes['quadro.task_id'])).toEqual(['w7', 'w8']);
  });

  it('has a span before the saved place is past it', async () => {
    refuse(isRootOf('w7'));
    const kept = fileCursorStore(join(tempDir(), 'cursor.json'));
    const saved: [number, number][] = [];
    const save: typeof kept.save = async (place, term) => {
      saved.push([place.cursor.events, linesOf(letters()).length]);
      await kept.save(place, term);
    };
    const cursorStore = { load: () => kept.load(), save };
    const options = { ...once, url: receiver.url, cursorStore, deadLetterFile, batchSize: 20, saveEveryMs: 0 };
    await exportSpans(board, options);
    const events = await board.events(0, 1000);
    const finish = events.find(event => event.task_id === 'w7' && event.finished_sequence_id === event.sequence_id);
    const place = finish?.sequence_id ?? 0;
    expect(saved.filter(([event]) => event < place).length).toBeGreaterThan(1);
    expect(saved.filter(([event, lines]) => event >= place && lines !== 1)).toEqual([]);
  });

  it('that cannot be written ends the export, the cursor before the span; nothing is lost for it', async () => {
    const folder = tempDir();
    const cursorStore = fileCursorStore(join(folder, 'cursor.json'));
    const options = { ...once, url: receiver.url, cursorStore, batchSize: 20, saveEveryMs: 0 };
    refuse(isRootOf('w7'));
    const full = existsSync('/dev/full') ? ['/dev/full'] : [];
    mkdirSync(join(folder, 'a-folder'));
    for (const path of [join(folder, 'no', 'such.ndjson'), join(folder, 'a-folder'), ...full]) {
      const failed = exportSpans(board, { ...options, deadLetterFile: path });
      await expect(failed).rejects.toMatchObject({ code: 'storage_failed', message: expect.stringContaining(path) });
    }
    const events = await board.events(0, 1000);
    const finish = events.find(event => event.task_id === 'w7' && event.finished_sequence_id === event.sequence_id);
    const place = (await cursorStore.load())?.cursor.events ?? 0;
    expect(place).toBeGreaterThan(0);
    expect(place).toBeLessThan(finish?.sequence_id ?? 0);
    expect(await exportSpans(board, { ...options, deadLetterFile })).toMatchObject({ dead_lettered: 1 });
  });

  it('holds every bad span after any number of kills, equal ones where it stands twice', async () => {
    const file = join(tempDir(), 'board.db');
    const kept = await testBoard(file);
    await work(kept, 60);
    await exportSpans(kept, { url: receiver.url, follow: false });
    const whole = byId(receiver.spans.splice(0));
    const isBad = ({ attributes }: ReceivedSpan) => Number(attributes['quadro.sequence_id']) % 7 === 0;
    refuse(isBad);
    await exportKilled(file, receiver, [40, 90, 150], deadLetterFile);
    const bad = byId(linesOf(letters()).flatMap(line => decodeLines(JSON.stringify(line))));
    const good = byId(receiver.spans);
    expect([...bad.values()].every(isBad)).toBe(true);
    expect(new Map([...good, ...bad])).toEqual(whole);
    await kept.close();
  });
});
