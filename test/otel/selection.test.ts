import { join } from 'node:path';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openExportedLog } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import type { BoardRecord, Cursor } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { taskTraceId } from '../../board/core/trace-ids.ts';
import { isSampled } from '../../board/core/trace-sampling.ts';
import type { LogSource } from '../../board/log-source.ts';
import { LOG_START } from '../../exporters/feed/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { verifySpans, writeSpans } from '../../exporters/otel/index.ts';
import {
  isBounded,
  selectionStart,
  type TranslatedBatch,
  translatedBatches,
} from '../../exporters/otel/translated-batches.ts';
import { historyOf } from '../support/rows.ts';
import { tempDir } from '../support/temp.ts';
import { allSpans, plain } from './all-spans.ts';
import { arrayLog, cycleRow, tickRow } from './array-log.ts';
import { MOMENT, RANDOM_LOG, type RandomLog } from './random-log.ts';
import { testBoard, work } from './worked-board.ts';

type Options = Parameters<typeof translatedBatches>[1];

const S = 1_000_000;

/** From where the options say, or the log's start, as an export does. */
async function batchesOf(source: LogSource, options: Options): Promise<TranslatedBatch[]> {
  const start: Cursor = (await selectionStart(source, options)) ?? LOG_START;
  return Array.fromAsync(translatedBatches(source, { serviceName: 'quadro', follow: false, ...options }, start));
}

const textsOf = (spans: readonly ReadableSpan[]): string[] => spans.map(span => JSON.stringify(plain(span)));
const spansIn = (batches: readonly TranslatedBatch[]): string[] => batches.flatMap(batch => textsOf(batch.spans));
const taskOf = ({ attributes }: ReadableSpan) => attributes['quadro.task_id'];

/** The log as its board would give it; its first events are imported. */
function sourceOf(log: RandomLog & { readonly imported: number }, board: Partial<BoardRecord> = {}): LogSource {
  const imported = Math.min(log.imported, log.events.length);
  return arrayLog({ ...log, board: { imported_until: imported === 0 ? null : imported, ...board } });
}

/** When a span counts, told without the exporter: as it was closed, or as its task became worth keeping; null: never. */
function countsAt({ events, chief_cycles, ombudsman_ticks, worthAt }: RandomLog, ratio: number) {
  return (span: ReadableSpan): Micros | null => {
    const { attributes } = span;
    const task = taskOf(span);
    const cycle = chief_cycles.find(each => each.cycle_id === attributes['quadro.cycle_id']);
    const tick = ombudsman_ticks.find(each => each.tick_id === attributes['quadro.tick_id']);
    if (typeof task !== 'string') return cycle?.slept_at ?? tick?.ended_at ?? null;
    const worth = worthAt.get(task);
    const isKept = isSampled(taskTraceId('b1', task), ratio);
    if (!isKept && worth === undefined) return null;
    const number = Math.max(Number(attributes['quadro.sequence_id']), isKept ? 0 : (worth ?? 0));
    return events.find(event => event.sequence_id === number)?.timestamp ?? null;
  };
}

const RATIO = fc.oneof(
  { weight: 2, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
);
const WINDOW = fc.record({
  since: fc.option(MOMENT, { nil: undefined }),
  until: fc.option(MOMENT, { nil: undefined }),
});

/** Only what is given: an option that is there is not undefined. */
function given(window: { since: Micros | undefined; until: Micros | undefined }): { since?: Micros; until?: Micros } {
  const { since, until } = window;
  const isBackwards = since !== undefined && until !== undefined && since > until;
  return {
    ...(since !== undefined && { since: isBackwards ? (until ?? since) : since }),
    ...(until !== undefined && { until: isBackwards ? (since ?? until) : until }),
  };
}

describe('since and until', () => {
  it('give what was closed within them, imports with clocks that went back included', async () => {
    let [wantedCount, leftCount] = [0, 0];
    const property = fc.asyncProperty(RANDOM_LOG, WINDOW, RATIO, fc.integer({ min: 1, max: 12 }), async (...run) => {
      const [log, window, sampleRatio, batchSize] = run;
      const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = given(window);
      const source = sourceOf(log);
      const timeOf = countsAt(log, sampleRatio);
      const all = await allSpans(source);
      const wanted = all.filter(span => {
        const time = timeOf(span);
        return time !== null && time >= since && time < until;
      });
      const batches = await batchesOf(source, { ...given(window), sampleRatio, batchSize });
      expect(spansIn(batches).sort()).toEqual(textsOf(wanted).sort());
      wantedCount += wanted.length;
      leftCount += all.length - wanted.length;
    });
    await fc.assert(property, { numRuns: 400 });
    // Else the property would have shown nothing.
    expect(Math.min(wantedCount, leftCount)).toBeGreaterThan(300);
  });

  it('of neighbouring stretches give what the whole gives, each span once', async () => {
    const property = fc.asyncProperty(RANDOM_LOG, MOMENT, RATIO, async (log, moment, sampleRatio) => {
      const source = sourceOf(log);
      const before = await batchesOf(source, { until: moment, sampleRatio });
      const after = await batchesOf(source, { since: moment, sampleRatio });
      const whole = await batchesOf(source, { sampleRatio });
      expect([...spansIn(before), ...spansIn(after)].sort()).toEqual(spansIn(whole).sort());
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('count down to the end of the stretch, not of the log', async () => {
    const property = fc.asyncProperty(
      RANDOM_LOG,
      WINDOW,
      fc.integer({ min: 1, max: 5 }),
      async (log, window, batchSize) => {
        const batches = await batchesOf(sourceOf(log), { ...given(window), batchSize });
        const lags = batches.map(batch => batch.lag);
        expect(lags).toEqual(lags.toSorted((a, b) => b - a));
        const { until } = given(window);
        const own = log.events.filter(event => event.sequence_id > log.imported);
        const isShort = until !== undefined && own.some(event => event.timestamp >= until);
        if (lags.length > 0) expect(lags.at(-1)).toBe(0);
        if (isShort) expect(batches.at(-1)?.cursor.events ?? 0).toBeLessThan(log.events.length);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it('of a log whose order nobody knows filter all of it', async () => {
    const property = fc.asyncProperty(RANDOM_LOG, MOMENT, async (log, since) => {
      // Times that went back anywhere, and no board's row that says so.
      const ordered = sourceOf(log, { imported_until: null });
      const source = { ...ordered, unorderedUntil: log.events.length };
      const timeOf = countsAt(log, 1);
      const wanted = (await allSpans(source)).filter(span => Number(timeOf(span)) >= since);
      expect(spansIn(await batchesOf(source, { since })).sort()).toEqual(textsOf(wanted).sort());
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('look for the place in a long log instead of reading up to it', async () => {
    const happenings = Array.from({ length: 20_000 }, (_, n) => ({ at: n * S, to: n % 2 ? 'A' : 'B' }));
    const source = arrayLog({ events: historyOf([{ at: 0, to: 'UNASSIGNED', edge: 'post' }, ...happenings]) });
    const read = vi.spyOn(source, 'events');
    const batches = await batchesOf(source, { since: 19_000 * S, until: 19_010 * S });
    expect(batches.flatMap(batch => batch.spans).map(span => span.endTime[0])).toEqual(
      Array.from({ length: 10 }, (_, n) => 19_000 + n),
    );
    expect(batches.map(batch => batch.lag)).toEqual([0]);
    const pages = read.mock.calls.filter(([, limit]) => limit > 1);
    expect(pages.map(([after, limit]) => [after, limit])).toEqual([[19_001, 10]]);
    expect(read.mock.calls.length).toBeLessThan(60);
  });

  it('begin no earlier than from', async () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      ...Array.from({ length: 9 }, (_, n) => ({ at: (n + 1) * S, to: `S${n}` })),
    ]);
    const numbers = async (options: Options): Promise<unknown[]> =>
      (await batchesOf(arrayLog({ events }), options)).flatMap(batch =>
        batch.spans.map(span => span.attributes['quadro.sequence_id']),
      );
    expect(await numbers({ from: 8, since: 3 * S })).toEqual([8, 9, 10]);
    expect(await numbers({ from: 3, since: 7 * S })).toEqual([8, 9, 10]);
    expect(await numbers({ from: { ...LOG_START, events: 3 }, until: 6 * S })).toEqual([4, 5, 6]);
  });
});

describe('taskIds', () => {
  it('give the stages and roots of those tasks, each once, and no cycle or tick', async () => {
    const choice = fc.uniqueArray(fc.nat(7), { maxLength: 4 });
    const pages = fc.record({
      batchSize: fc.integer({ min: 1, max: 6 }),
      maxPageBytes: fc.integer({ min: 1, max: 300 }),
    });
    const property = fc.asyncProperty(RANDOM_LOG, choice, pages, RATIO, WINDOW, async (...run) => {
      const [log, tasks, bounds, sampleRatio, window] = run;
      const there = new Set(log.events.map(event => event.task_id));
      const taskIds = tasks.map(task => `t${task}`).filter(task => there.has(task));
      const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = given(window);
      const source = sourceOf(log);
      const timeOf = countsAt(log, sampleRatio);
      const wanted = (await allSpans(source)).filter(span => {
        const time = timeOf(span);
        return time !== null && time >= since && time < until && taskIds.includes(String(taskOf(span)));
      });
      const options = { taskIds: [...taskIds, ...taskIds], sampleRatio, ...bounds, ...given(window) };
      const batches = await batchesOf(source, options);
      expect(spansIn(batches).sort()).toEqual(textsOf(wanted).sort());
      if (batches.length > 0) expect(batches.at(-1)?.lag).toBe(0);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('name a task that is not there, before anything is given', async () => {
    const source = arrayLog({ events: historyOf([{ at: 0, to: 'UNASSIGNED', edge: 'post' }]) });
    const refused = batchesOf(source, { taskIds: ['t1', 'nobody'] });
    await expect(refused).rejects.toMatchObject({ code: 'task_not_found', details: { task_id: 'nobody' } });
    await expect(refused).rejects.toThrow('The log of board default has no task nobody');
  });

  it('of an empty list give nothing', async () => {
    const source = arrayLog({ events: historyOf([{ at: 0, to: 'DONE', edge: 'post', finishes: true }]) });
    expect(await batchesOf(source, { taskIds: [] })).toEqual([]);
  });

  it('read those tasks only', async () => {
    const one = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1, to: 'DONE', finishes: true },
    ]);
    const source = arrayLog({ events: one });
    const page = vi.spyOn(source, 'events');
    expect(spansIn(await batchesOf(source, { taskIds: ['t1'] }))).toHaveLength(2);
    expect(page).not.toHaveBeenCalled();
  });
});

describe('quietTicks', () => {
  const ticks = [
    tickRow({ sequence_id: 1, tick_id: 'quiet' }),
    tickRow({ sequence_id: 2, tick_id: 'found', stale_count: 1 }),
    tickRow({ sequence_id: 3, tick_id: 'failed', error: 'the board was away' }),
    tickRow({ sequence_id: 4, tick_id: 'quiet again' }),
  ];

  it('of false leave out those that found nothing and did not fail, and the place moves over them', async () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1, to: 'DONE', finishes: true },
    ]);
    const source = arrayLog({ events, chief_cycles: [cycleRow()], ombudsman_ticks: ticks });
    const batches = await batchesOf(source, { quietTicks: false });
    const told = batches.flatMap(({ spans }) => spans).flatMap(({ attributes }) => attributes['quadro.tick_id'] ?? []);
    expect(told).toEqual(['found', 'failed']);
    expect(spansIn(batches)).toHaveLength(2 + 1 + 2);
    expect(batches.at(-1)?.cursor).toEqual({ events: 2, chief_cycles: 1, ombudsman_ticks: 4 });
    expect(spansIn(await batchesOf(source, {}))).toHaveLength(2 + 1 + 4);
    expect(await batchesOf(source, { quietTicks: true })).toEqual(await batchesOf(source, {}));
  });

  it('that are left out are no fault where a receiver has them', async () => {
    const source = arrayLog({ ombudsman_ticks: ticks });
    const file = join(tempDir(), 'spans.ndjson');
    await writeSpans(source, file);
    const verified = await verifySpans(source, file, { quietTicks: false });
    expect(verified).toMatchObject({ ok: true, expected: 2, found: 2, unselected: 2 });
    await writeSpans(source, file, { quietTicks: false });
    expect(await verifySpans(source, file)).toMatchObject({ ok: false, missing_count: 2 });
  });
});

describe('options that cannot be', () => {
  it.each<[string, Options]>([
    ['until ends the export', { until: 1, follow: true }],
    ['taskIds cannot follow', { taskIds: ['t1'], follow: true }],
    ['since must not be later than until', { since: 2, until: 1 }],
    ['since must be a time in microseconds', { since: Number.NaN }],
    ['until must be a time in microseconds', { until: 0.5 }],
    ['maxSpanAgeMs must be a number of milliseconds', { maxSpanAgeMs: -1 }],
    ['maxSpanAgeMs must be a number of milliseconds', { maxSpanAgeMs: Number.NaN }],
    ['sampleRatio must be a number', { sampleRatio: 2 }],
    ['maxPageBytes must be a whole number', { maxPageBytes: 0 }],
  ])('are refused: %s', async (message, options) => {
    const refused = batchesOf(arrayLog({}), options);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_configuration' });
    await expect(refused).rejects.toThrow(message);
  });

  it('are told apart from those of a run with an end', () => {
    expect([{}, { since: 1 }, { until: 1 }, { taskIds: [] }].map(isBounded)).toEqual([false, false, true, true]);
  });
});

describe('maxSpanAgeMs', () => {
  const events = historyOf([
    { at: 0, to: 'UNASSIGNED', edge: 'post' },
    ...Array.from({ length: 6 }, (_, n) => ({ at: (n + 1) * S, to: `S${n}` })),
  ]);

  it('leaves out what ended longer ago, to the microsecond', async () => {
    const clock = () => 14 * S;
    const [batch] = await batchesOf(arrayLog({ events }), { maxSpanAgeMs: 10_000, clock });
    expect(batch?.spans.map(span => span.endTime[0])).toEqual([4, 5, 6]);
    expect(batch?.too_old).toBe(3);
    const [later] = await batchesOf(arrayLog({ events }), { maxSpanAgeMs: 10_000, clock: () => 14 * S + 1 });
    expect(later?.too_old).toBe(4);
  });

  it('is told when the turn of a batch comes, not when it was read ahead, and only then', async () => {
    let now = 10 * S;
    const options = { maxSpanAgeMs: 7_000, batchSize: 4, follow: false, clock: () => now };
    const batches = translatedBatches(arrayLog({ events }), options, LOG_START);
    const first = (await batches.next()).value;
    expect([first?.spans.length, first?.too_old]).toEqual([1, 2]);
    // The receiver was away, and the second batch long translated.
    await new Promise(resolve => setImmediate(resolve));
    now = 12 * S;
    const second = (await batches.next()).value;
    expect([second?.spans.length, second?.too_old]).toEqual([2, 1]);
    now = 30 * S;
    expect(second?.spans.length, 'what is being tried again stays as it is').toBe(2);
    expect((await batches.next()).done).toBe(true);
  });
});

describe('of a real board', () => {
  let board: Board;
  beforeEach(async () => {
    board = await testBoard();
    await work(board, 40);
  });
  afterEach(() => board.close());

  it('a stretch, chosen tasks and a share are the same from its exported log', async () => {
    const folder = tempDir();
    await exportLog(board, { to: folder });
    const [middle] = await board.events(100, 1);
    const since = middle?.timestamp ?? 0;
    const log = await openExportedLog(folder);
    try {
      for (const options of [
        { since, until: since + 60 * S },
        { taskIds: ['w0', 'w2', 'w11'] },
        { sampleRatio: 0.2, batchSize: 7 },
        { sampleRatio: 0.2, since },
      ]) {
        const ofBoard = spansIn(await batchesOf(board, options)).sort();
        expect(spansIn(await batchesOf(log, options)).sort()).toEqual(ofBoard);
        expect(ofBoard.length).toBeGreaterThan(10);
        expect(ofBoard.length).toBeLessThan(spansIn(await batchesOf(board, {})).length);
      }
    } finally {
      await log.close();
    }
  });

  it('tasks that failed, went stale or were revised are kept at a share of 0, with all their stages', async () => {
    const kept = await batchesOf(board, { sampleRatio: 0, batchSize: 3 });
    const spans = kept.flatMap(batch => batch.spans).filter(span => taskOf(span) !== undefined);
    // Of every ten one is revised, one goes stale, one fails, and one is taken out on hold.
    const tasks = new Set(spans.map(taskOf));
    expect([...tasks].sort()).toEqual(
      Array.from({ length: 40 }, (_, n) => n)
        .filter(n => [0, 1, 2, 5].includes(n % 10))
        .map(n => `w${n}`)
        .sort(),
    );
    const all = (await allSpans(board)).filter(span => tasks.has(taskOf(span)));
    expect(textsOf(spans).sort()).toEqual(textsOf(all).sort());
  });
});
