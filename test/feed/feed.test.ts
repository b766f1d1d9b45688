import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../board/core/records.ts';
import { endOf } from '../../board/log-source.ts';
import { cursorAt, type FeedBatch, feed, LOG_START } from '../../exporters/feed/index.ts';
import { arrayLog, cycleRow, tickRow } from '../otel/array-log.ts';
import { testBoard, work } from '../otel/worked-board.ts';
import { historyOf } from '../support/rows.ts';
import { tempDir } from '../support/temp.ts';

const log = (events: number, cycles: number, ticks: number) =>
  arrayLog({
    events: historyOf(
      Array.from({ length: events }, (_, n) => (n === 0 ? { at: 0, to: 'U', edge: 'post' as const } : { at: n })),
    ),
    chief_cycles: Array.from({ length: cycles }, (_, n) => cycleRow({ sequence_id: n + 1, slept_at: n })),
    ombudsman_ticks: Array.from({ length: ticks }, (_, n) => tickRow({ sequence_id: n + 1, ended_at: n })),
  });

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);
const numbers = (rows: readonly { sequence_id: number }[]): number[] => rows.map(row => row.sequence_id);

async function collect(batches: AsyncIterable<FeedBatch>): Promise<FeedBatch[]> {
  return Array.fromAsync(batches);
}

describe('feed', () => {
  it('gives every row of each log once and in order, whatever the batch size and the start', async () => {
    const small = fc.integer({ min: 0, max: 30 });
    const property = fc.asyncProperty(
      small,
      small,
      small,
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (events, cycles, ticks, batchSize, share) => {
        const source = log(events, cycles, ticks);
        const cursor = { events: Math.floor(events * share), chief_cycles: 0, ombudsman_ticks: ticks };
        const batches = await collect(feed(source, { cursor, batchSize, follow: false }));
        expect(batches.flatMap(batch => numbers(batch.events))).toEqual(upTo(events).slice(cursor.events));
        expect(batches.flatMap(batch => numbers(batch.chief_cycles))).toEqual(upTo(cycles));
        expect(batches.flatMap(batch => batch.ombudsman_ticks)).toEqual([]);
        for (const batch of batches) {
          const sizes = [batch.events.length, batch.chief_cycles.length];
          expect(Math.max(...sizes)).toBeLessThanOrEqual(batchSize);
          expect(Math.max(...sizes)).toBeGreaterThan(0);
          expect(batch.lag).toBe(events - batch.cursor.events);
        }
        const end = endOf(await source.board());
        expect(batches.at(-1)?.cursor ?? cursor).toEqual(end);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  it('ends at once on an empty log, and takes no batch below one row', async () => {
    expect(await collect(feed(log(0, 0, 0), { follow: false }))).toEqual([]);
    const none = collect(feed(log(1, 0, 0), { batchSize: 0, follow: false }));
    await expect(none).rejects.toMatchObject({ code: 'invalid_configuration' });
  });

  it.each([
    { ...LOG_START, events: 6 },
    { ...LOG_START, chief_cycles: 4 },
    { ...LOG_START, ombudsman_ticks: 3 },
  ])('refuses the cursor %o beyond a log of 5, 3 and 2', async cursor => {
    const refused = collect(feed(log(5, 3, 2), { cursor }));
    await expect(refused).rejects.toMatchObject({ code: 'cursor_beyond_log' });
  });

  it('notices a log that was put back while it followed', async () => {
    const [long, short] = [log(5, 0, 0), log(2, 0, 0)];
    let current = long;
    const source = { ...long, board: () => current.board(), events: (a: number, l: number) => current.events(a, l) };
    const batches = feed(source, { pollMs: 5 });
    expect((await batches.next()).value?.cursor.events).toBe(5);
    current = short;
    await expect(batches.next()).rejects.toMatchObject({ code: 'cursor_beyond_log' });
  });

  it("is woken by this process's commits, without a poll", async () => {
    const board = await testBoard();
    const batches = feed(board, { pollMs: 3_600_000 });
    const first = batches.next();
    await work(board, 1);
    expect((await first).value?.events[0]?.event_type).toBe('task_posted');
    await batches.return();
    await board.close();
  });

  it('sees what another connection commits by polling', async () => {
    const file = join(tempDir(), 'board.db');
    const [reader, writer] = [await testBoard(file), await testBoard(file)];
    const batches = feed(reader, { pollMs: 5 });
    const first = batches.next();
    await work(writer, 1);
    expect((await first).value?.events[0]?.event_type).toBe('task_posted');
    await batches.return();
    await Promise.all([reader.close(), writer.close()]);
  });

  it('loses nothing of a board that is written while it reads', async () => {
    const board = await testBoard();
    const seen: Event[] = [];
    const stop = new AbortController();
    const drain = new AbortController();
    const reading = (async () => {
      for await (const batch of feed(board, { batchSize: 3, signal: stop.signal, drain: drain.signal })) {
        seen.push(...batch.events);
      }
    })();
    await Promise.all([work(board, 10, 'a'), work(board, 10, 'b')]);
    drain.abort();
    await reading;
    expect(numbers(seen)).toEqual(upTo((await board.board()).next_sequence_id - 1));
    await board.close();
  });

  it('ends cleanly on its signal, and leaves no listener behind', async () => {
    let listeners = 0;
    const source = {
      ...log(3, 0, 0),
      onCommit: () => {
        listeners += 1;
        return () => {
          listeners -= 1;
        };
      },
    };
    const stop = new AbortController();
    const batches = collect(feed(source, { signal: stop.signal }));
    setTimeout(() => stop.abort(), 10);
    expect(await batches).toHaveLength(1);
    expect(listeners).toBe(0);
    for await (const _ of feed(source)) break;
    expect(listeners).toBe(0);
    expect(await collect(feed(source, { signal: stop.signal }))).toEqual([]);
  });
});

/** A log of events whose payloads have these sizes in bytes; `asked` notes each page's limit. */
function sized(sizes: readonly number[]) {
  const events = historyOf(sizes.map((_, n) => (n === 0 ? { at: 0, to: 'U', edge: 'post' as const } : { at: n })));
  const wrapper = Buffer.byteLength(JSON.stringify({ text: '' }));
  const source = arrayLog({
    events: events.map((event, n) => ({ ...event, payload: { text: 'x'.repeat((sizes[n] ?? 0) - wrapper) } })),
  });
  const asked: number[] = [];
  const counted = {
    ...source,
    events(after: number, limit: number, maxBytes?: number) {
      asked.push(limit);
      return source.events(after, limit, maxBytes);
    },
  };
  return { source: counted, asked };
}

describe('a feed of large rows', () => {
  it('gives pages of at most so many bytes, a larger row alone, and every row once', async () => {
    const { source } = sized([40, 40, 40, 100, 500, 40, 60, 1_000]);
    const batches = await collect(feed(source, { maxPageBytes: 100, follow: false }));
    expect(batches.map(batch => numbers(batch.events))).toEqual([[1, 2], [3], [4], [5], [6, 7], [8]]);
    expect(batches.map(batch => batch.lag)).toEqual([6, 5, 4, 3, 1, 0]);
  });

  it('of any sizes is never more than asked for, and ends at the end', async () => {
    const sizes = fc.array(fc.integer({ min: 20, max: 200 }), { minLength: 1, maxLength: 40 });
    const bounds = fc.record({
      maxPageBytes: fc.integer({ min: 1, max: 600 }),
      batchSize: fc.integer({ min: 1, max: 9 }),
    });
    const property = fc.asyncProperty(sizes, bounds, async (bytes, { maxPageBytes, batchSize }) => {
      const batches = await collect(feed(sized(bytes).source, { maxPageBytes, batchSize, follow: false }));
      expect(batches.flatMap(batch => numbers(batch.events))).toEqual(upTo(bytes.length));
      for (const { events } of batches) {
        const size = events.reduce((sum, { sequence_id }) => sum + (bytes[sequence_id - 1] ?? 0), 0);
        expect(events.length === 1 || size <= maxPageBytes).toBe(true);
        expect(events.length).toBeLessThanOrEqual(batchSize);
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('asks for few rows after a page that was cut short, then for twice as many each time', async () => {
    const { source, asked } = sized([...Array.from({ length: 4 }, () => 400), ...Array.from({ length: 90 }, () => 20)]);
    await collect(feed(source, { maxPageBytes: 400, batchSize: 32, follow: false }));
    expect(asked.slice(0, 6)).toEqual([32, 2, 2, 2, 2, 4]);
    expect(asked).toContain(8);
    expect(asked.slice(6)).toContain(16);
  });

  it.each([0, 1.5, Number.NaN])('refuses pages of %d bytes', async maxPageBytes => {
    const refused = collect(feed(log(1, 0, 0), { maxPageBytes, follow: false }));
    await expect(refused).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});

describe('a feed with an end', () => {
  it('gives what lies before it in each log, and counts down to it', async () => {
    const end = { events: 7, chief_cycles: 2, ombudsman_ticks: 0 };
    const batches = await collect(feed(log(20, 9, 9), { end, batchSize: 3, follow: false }));
    expect(batches.flatMap(batch => numbers(batch.events))).toEqual(upTo(7));
    expect(batches.flatMap(batch => numbers(batch.chief_cycles))).toEqual([1, 2]);
    expect(batches.flatMap(batch => batch.ombudsman_ticks)).toEqual([]);
    expect(batches.map(batch => batch.lag)).toEqual([4, 1, 0]);
    expect(batches.at(-1)?.cursor).toEqual(end);
  });

  it('beyond the log waits for it while it follows, and ends there', async () => {
    const board = await testBoard();
    const reading = collect(feed(board, { end: { ...LOG_START, events: 3 } }));
    await work(board, 2);
    expect((await reading).flatMap(batch => numbers(batch.events))).toEqual([1, 2, 3]);
    const ended = collect(feed(board, { end: { ...LOG_START, events: 999 }, follow: false }));
    expect((await ended).at(-1)?.lag).toBe(0);
    await board.close();
  });
});

describe('cursorAt', () => {
  it('stands just before the event, and before the rows of the other logs that ended no earlier', async () => {
    expect(await cursorAt(log(9, 6, 3), 5)).toEqual({ events: 4, chief_cycles: 4, ombudsman_ticks: 3 });
    expect(await cursorAt(log(9, 6, 3), 1)).toEqual(LOG_START);
    expect(await cursorAt(log(9, 6, 3), 40)).toEqual({ ...LOG_START, events: 39 });
  });

  it('at the first event is before everything, also what ended before anything happened', async () => {
    const [post] = historyOf([{ at: 9, to: 'U', edge: 'post' }]);
    const early = arrayLog({
      events: post === undefined ? [] : [post],
      chief_cycles: [cycleRow({ slept_at: 5 })],
      ombudsman_ticks: [tickRow({ ended_at: 7 })],
    });
    expect(await cursorAt(early, 1)).toEqual(LOG_START);
  });
});
