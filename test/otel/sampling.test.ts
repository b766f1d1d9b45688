import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cursor, Event } from '../../board/core/records.ts';
import { taskTraceId } from '../../board/core/trace-ids.ts';
import { isSampled } from '../../board/core/trace-sampling.ts';
import type { LogSource } from '../../board/log-source.ts';
import { LOG_START } from '../../exporters/feed/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { taskSampler } from '../../exporters/otel/sampling.ts';
import { type TranslatedBatch, translatedBatches } from '../../exporters/otel/translated-batches.ts';
import { type Happening, historyOf } from '../support/rows.ts';
import { allSpans, plain } from './all-spans.ts';
import { arrayLog, cycleRow } from './array-log.ts';
import { RANDOM_LOG, type RandomLog, renumbered } from './random-log.ts';

type Options = Parameters<typeof translatedBatches>[1];

const batchesOf = (source: LogSource, options: Options, cursor: Cursor = LOG_START): Promise<TranslatedBatch[]> =>
  Array.fromAsync(translatedBatches(source, { serviceName: 'quadro', follow: false, ...options }, cursor));

const textsOf = (spans: readonly ReadableSpan[]): string[] => spans.map(span => JSON.stringify(plain(span)));
const spansIn = (batches: readonly TranslatedBatch[]): string[] => batches.flatMap(batch => textsOf(batch.spans));
const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

/** Which tasks are kept of a log, told without the exporter. */
function isKept({ worthAt }: RandomLog, ratio: number): (span: ReadableSpan) => boolean {
  return ({ attributes }) => {
    const task = attributes['quadro.task_id'];
    if (typeof task !== 'string') return true;
    return worthAt.has(task) || isSampled(taskTraceId('b1', task), ratio);
  };
}

const RATIO = fc.oneof(fc.constantFrom(0, 0.1, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const BATCH = fc.record({ batchSize: fc.integer({ min: 1, max: 12 }), maxPageBytes: fc.integer({ min: 1, max: 400 }) });
const SECOND = 1_000_000;

describe('sampling', () => {
  it('gives whole tasks: those of sampled traces and those worth it, and every cycle and tick', async () => {
    let [kept, left] = [0, 0];
    const property = fc.asyncProperty(RANDOM_LOG, RATIO, BATCH, async (log, sampleRatio, pages) => {
      const source = arrayLog(log);
      const all = await allSpans(source);
      const wanted = all.filter(isKept(log, sampleRatio));
      const batches = await batchesOf(source, { sampleRatio, ...pages });
      expect(spansIn(batches).sort()).toEqual(textsOf(wanted).sort());
      kept += wanted.length;
      left += all.length - wanted.length;
    });
    await fc.assert(property, { numRuns: 300 });
    // Else the property would have shown nothing.
    expect(Math.min(kept, left)).toBeGreaterThan(300);
  });

  it('gives the same from whatever place it is started again, each span once', async () => {
    const places = fc.record({ first: fc.nat(70), second: fc.nat(70) });
    const property = fc.asyncProperty(RANDOM_LOG, RATIO, BATCH, places, async (log, sampleRatio, pages, cuts) => {
      const source = arrayLog(log);
      const [first = 0, second = 0] = [cuts.first, cuts.second]
        .map(cut => cut % (log.events.length + 1))
        .sort((a, b) => a - b);
      const ends = [first, second, log.events.length].map(events => ({ ...LOG_START, events }));
      const given: string[] = [];
      for (const [index, end] of ends.entries()) {
        given.push(...spansIn(await batchesOf(source, { sampleRatio, ...pages, end }, ends[index - 1] ?? LOG_START)));
      }
      const wanted = (
        await allSpans({ ...source, chiefCycles: async () => [], ombudsmanTicks: async () => [] })
      ).filter(isKept(log, sampleRatio));
      expect(given.sort()).toEqual(textsOf(wanted).sort());
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('of all changes nothing, not even the order', async () => {
    const property = fc.asyncProperty(RANDOM_LOG, BATCH, async (log, pages) => {
      const source = arrayLog(log);
      const batches = await batchesOf(source, { sampleRatio: 1, ...pages });
      expect(spansIn(batches)).toEqual(textsOf(await allSpans(source, pages)));
      expect(sum(batches.map(batch => batch.not_sampled))).toBe(0);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('counts what it holds back, so that a log adds up', async () => {
    const ages = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 40_000 }));
    const property = fc.asyncProperty(RANDOM_LOG, RATIO, BATCH, ages, async (log, sampleRatio, pages, maxSpanAgeMs) => {
      const source = arrayLog(log);
      const clock = () => 40 * SECOND;
      const options = { ...pages, clock, ...(maxSpanAgeMs !== undefined && { maxSpanAgeMs }) };
      const batches = await batchesOf(source, { ...options, sampleRatio });
      const counted = batches.map(batch => batch.spans.length + batch.too_old + batch.not_sampled);
      expect(sum(counted)).toBe((await allSpans(source)).length);
      let held = 0;
      for (const { not_sampled } of batches) {
        held += not_sampled;
        expect(held, 'no more is given back than was held').toBeGreaterThanOrEqual(0);
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('keeps at a larger share what it keeps at a smaller one', async () => {
    const property = fc.asyncProperty(RANDOM_LOG, RATIO, RATIO, async (log, a, b) => {
      const source = arrayLog(log);
      const more = new Set(spansIn(await batchesOf(source, { sampleRatio: Math.max(a, b) })));
      const fewer = spansIn(await batchesOf(source, { sampleRatio: Math.min(a, b) }));
      expect(fewer.filter(span => !more.has(span))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it('still links a cycle to the stages of a task that is left out', async () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1, to: 'IN_PROGRESS', kind: 'active', cycle: 'c1' },
      { at: 2, to: 'COMPLETE', kind: 'terminal', finishes: true },
    ]);
    const source = arrayLog({ events, chief_cycles: [cycleRow({ actions_taken: 1, seen_sequence_id: 1 })] });
    const [batch] = await batchesOf(source, { sampleRatio: 0 });
    expect(batch?.spans.map(({ name, links }) => [name, links.length])).toEqual([['chief cycle', 1]]);
    expect(batch?.not_sampled).toBe(3);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses the share %d', async sampleRatio => {
    const refused = async () => batchesOf(arrayLog({}), { sampleRatio });
    await expect(refused()).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});

/** A task that works `rounds` times, is revised, and finishes. */
function longTask(rounds: number, taskId = 't1'): Event[] {
  const work: Happening[] = Array.from({ length: rounds }, (_, n) => ({
    at: n + 1,
    to: n % 2 === 0 ? 'IN_PROGRESS' : 'DRAFT',
    edge: n % 2 === 0 ? 'forward' : 'loop',
  }));
  const end: Happening[] = [
    { at: rounds + 1, to: 'REVISION_NEEDED', edge: 'revision' },
    { at: rounds + 2, to: 'COMPLETE', kind: 'terminal', finishes: true },
  ];
  return historyOf([{ at: 0, to: 'UNASSIGNED', edge: 'post' }, ...work, ...end], taskId);
}

describe('a task that was held back', () => {
  it('comes with all its past, however long, in parts of bounded size, and moves the place with the last', async () => {
    const events = longTask(5_000);
    const source = arrayLog({ events });
    const all = textsOf(await allSpans(source));
    const batches = await batchesOf(source, { sampleRatio: 0, batchSize: 1_000 });
    expect(spansIn(batches).sort()).toEqual(all.toSorted());
    expect(Math.max(...batches.map(batch => batch.spans.length))).toBeLessThanOrEqual(2_002);
    const parts = batches.filter(batch => batch.spans.length > 0);
    expect(parts.map(({ cursor, lag }) => [cursor.events, lag])).toEqual([
      [5_000, 3],
      [5_000, 3],
      [5_003, 0],
    ]);
    // Killed after the first part, and started again from the place that was saved.
    const [first] = parts;
    const again = await batchesOf(source, { sampleRatio: 0 }, first?.cursor);
    expect(new Set([...textsOf(first?.spans ?? []), ...spansIn(again)])).toEqual(new Set(all));
  });

  it('whose finish had passed comes with its root', async () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1, to: 'COMPLETE', kind: 'terminal', finishes: true },
      { at: 2, to: 'HUMAN_REVIEW', kind: 'blocked', edge: 'exit' },
    ]);
    const batches = await batchesOf(arrayLog({ events }), { sampleRatio: 0, batchSize: 1 });
    expect(batches.map(({ spans, not_sampled }) => [spans.map(({ name }) => name), not_sampled])).toEqual([
      [[], 0],
      [[], 2],
      [['stage UNASSIGNED', 'task article', 'stage COMPLETE'], -2],
    ]);
  });
});

describe('an export of a share', () => {
  it('adds up in its summary and in its meter, whose counters never go back', async () => {
    const source = arrayLog({ events: longTask(6) });
    const told: Record<string, number> = {};
    const meter = {
      position: () => {},
      spans(result: string, count: number) {
        expect(count).toBeGreaterThanOrEqual(0);
        told[result] = (told[result] ?? 0) + count;
      },
    };
    const exporter = new InMemorySpanExporter();
    const all = (await allSpans(source)).length;
    const options = { exporter, meter, follow: false, sampleRatio: 0, batchSize: 1 } as const;
    expect(await exportSpans(source, options)).toMatchObject({ spans: all, not_sampled: 0, too_old: 0 });
    expect(told).toMatchObject({ sent: all, not_sampled: 6, sampled_later: 6 });
    // A run that begins in the middle gives what the one before held back.
    const rest = { ...options, exporter: new InMemorySpanExporter(), from: 6 };
    expect(await exportSpans(source, rest)).toMatchObject({ spans: all, not_sampled: -4 });
  });
});

/** Tasks that go step by step together, as one log; `read` notes of which tasks the history was asked for. */
function sideBySide(histories: readonly Event[][]) {
  const tasks = histories.map((history, task) =>
    history.map(event =>
      renumbered(
        event,
        history.map((_, step) => step * histories.length + task + 1),
      ),
    ),
  );
  const byTask = new Map(tasks.map(history => [history[0]?.task_id, history]));
  const read: string[] = [];
  const source: Pick<LogSource, 'taskEvents'> = {
    async taskEvents(taskId, after, limit) {
      read.push(taskId);
      return (byTask.get(taskId) ?? []).filter(event => event.sequence_id > after).slice(0, limit);
    },
  };
  const steps = (tasks[0] ?? []).map((_, step) => tasks.flatMap(history => history.slice(step, step + 1)));
  return { source, steps, read };
}

const originsOf = (events: readonly Event[]) =>
  new Map(
    events.map(({ task_id }) => [
      task_id,
      {
        ids: { traceId: taskTraceId('b1', task_id), spanId: '1'.padStart(16, '0') },
        traceparent: null,
        trace_relation: null,
        parent_task_id: null,
        origin_task_id: null,
        posted_at: 0,
      },
    ]),
  );

describe('what a sampler reads and remembers', () => {
  const histories = Array.from({ length: 300 }, (_, n) => longTask(4, `t${n}`));

  it('asks for no history of a task whose post has passed by', async () => {
    const { source, steps, read } = sideBySide(histories);
    const sample = taskSampler(source, 0);
    const released: (number | undefined)[] = [];
    for (const events of steps) {
      const past = (await sample(events, originsOf(events))).released.values();
      released.push(...past.map(each => each?.length));
    }
    expect(released).toEqual(histories.map(() => 4));
    expect(read).toEqual([]);
  });

  it('asks once for a task in whose middle it began', async () => {
    const { source, steps, read } = sideBySide(histories);
    const sample = taskSampler(source, 0);
    for (const events of steps.slice(3)) await sample(events, originsOf(events));
    expect(read.toSorted()).toEqual(histories.map(([post]) => post?.task_id ?? '').toSorted());
  });

  it('remembers no events of a task that has finished: it asks, should the task come back', async () => {
    const { source, steps, read } = sideBySide([
      historyOf([
        { at: 0, to: 'UNASSIGNED', edge: 'post' },
        { at: 1, to: 'COMPLETE', kind: 'terminal', finishes: true },
        { at: 2, to: 'HUMAN_REVIEW', kind: 'blocked', edge: 'exit' },
      ]),
    ]);
    const sample = taskSampler(source, 0);
    const released: unknown[] = [];
    for (const events of steps) released.push(...(await sample(events, originsOf(events))).released.values());
    expect(released).toEqual([null]);
    expect(read).toEqual([]);
  });

  it.each([
    { many: 'many events', tasks: 25_000 },
    { many: 'many tasks', tasks: 51_000 },
  ])('forgets too $many, and says the same', async ({ tasks }) => {
    const { source, steps, read } = sideBySide(Array.from({ length: tasks }, (_, n) => longTask(1, `t${n}`)));
    const sample = taskSampler(source, 0);
    const released = new Map<number, readonly Event[] | null>();
    let held = 0;
    for (const events of steps.slice(0, 3)) {
      for (let start = 0; start < tasks; start += 500) {
        const page = events.slice(start, start + 500);
        const judged = await sample(page, originsOf(page));
        held += judged.held.size;
        for (const [event, past] of judged.released) released.set(event, past);
      }
    }
    expect(held).toBe(tasks);
    expect([...released.keys()]).toEqual(steps[2]?.map(event => event.sequence_id));
    const pasts = [...released.values()];
    expect(pasts.filter(past => past !== null).every(past => past.length === 1)).toBe(true);
    // What it forgot it asks for again, or leaves to be read: a task once a step.
    const forgotten = read.length + pasts.filter(past => past === null).length;
    expect(forgotten).toBeGreaterThan(1_000);
    expect(forgotten).toBeLessThanOrEqual(2 * tasks);
  });
});
