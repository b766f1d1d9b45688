import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../board/core/json.ts';
import type { Event } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';
import { LOG_START } from '../../exporters/feed/index.ts';
import { lightEvent } from '../../exporters/otel/light-event.ts';
import { lightSource } from '../../exporters/otel/light-source.ts';
import { rootFactsOf } from '../../exporters/otel/root-facts.ts';
import { isWorthKeeping } from '../../exporters/otel/sampling.ts';
import { finishesTask } from '../../exporters/otel/task-span.ts';
import { translatedBatches } from '../../exporters/otel/translated-batches.ts';
import { historyOf } from '../support/rows.ts';
import { plain } from './all-spans.ts';
import { arrayLog, cycleRow } from './array-log.ts';
import { RANDOM_LOG } from './random-log.ts';

const MEBIBYTE = 1_048_576;
const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

/** What a payload may hold: what a board writes, and what an import or somebody hostile may. */
const TEXT = fc.constantFrom(
  'stale_heartbeat',
  'worker_error',
  'parent',
  TRACEPARENT,
  'a label',
  '',
  'x'.repeat(5_000),
);
const VALUE = fc.oneof(TEXT, fc.integer(), fc.boolean(), fc.constant(null), fc.constant({ deep: ['x'.repeat(500)] }));
const NAMES = ['reason', 'label', 'priority', 'traceparent', 'trace_relation', 'parent_task_id', 'fenced', 'other'];
const PAYLOAD = fc.dictionary(fc.constantFrom(...NAMES), VALUE).map((payload): JsonObject => ({ ...payload }));

describe('an event as it is kept', () => {
  it('tells of its task what it told before', async () => {
    const payloads = fc.array(PAYLOAD, { minLength: 1, maxLength: 12 });
    const property = fc.asyncProperty(RANDOM_LOG, payloads, async (log, given) => {
      const events = log.events.map((event, n) => ({ ...event, payload: given[n % given.length] ?? {} }));
      const whole = lightSource(arrayLog({ events }), { withLabel: true });
      for (const event of events) {
        const light = lightEvent(event, true);
        expect(isWorthKeeping(light)).toBe(isWorthKeeping(event));
        expect({ ...light, payload: null }).toEqual({ ...event, payload: null });
        if (!finishesTask(event)) continue;
        const history = events.filter(({ task_id, edge }) => task_id === event.task_id && edge !== null);
        expect(rootFactsOf(await whole.taskHistory(event.task_id), event)).toEqual(rootFactsOf(history, event));
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('is itself where its payload is a board’s own, and small where it is not', () => {
    const [post] = historyOf([{ at: 0, to: 'UNASSIGNED', edge: 'post' }]);
    if (post === undefined) throw new Error('no event');
    expect(lightEvent(post, false)).toBe(post);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n]));
    const hostile = {
      ...post,
      payload: { ...many, label: 'l'.repeat(MEBIBYTE), reason: 'r'.repeat(MEBIBYTE), notes: ['n'] },
    };
    expect(JSON.stringify(lightEvent(hostile, false).payload).length).toBeLessThan(500);
    expect(lightEvent(hostile, true).payload.label).toBe('l'.repeat(MEBIBYTE));
    const traced = { ...post, payload: { traceparent: `01${TRACEPARENT.slice(2)}-${'x'.repeat(9_000)}` } };
    expect(lightEvent(traced, false).payload).toEqual({ traceparent: `01${TRACEPARENT.slice(2)}` });
    const malformed = { ...post, payload: { traceparent: 'x'.repeat(9_000) } };
    expect(lightEvent(malformed, false).payload).toEqual({ traceparent: '' });
  });
});

describe('a history as it is kept', () => {
  it('has one label, the last before the finish, and no heartbeats', async () => {
    const named = ['first', null, 'second', null, 'last', 'after the end'];
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1 },
      { at: 2, to: 'IN_PROGRESS' },
      { at: 3, to: 'DRAFT' },
      { at: 4, to: 'COMPLETE', kind: 'terminal', finishes: true },
      { at: 5, to: 'HUMAN_REVIEW', edge: 'exit' },
    ]).map((event, n) => ({ ...event, payload: { ...(named[n] != null && { label: named[n] }) } }));
    const history = await lightSource(arrayLog({ events }), { withLabel: true }).taskHistory('t1');
    expect(history.map(({ sequence_id, payload }) => [sequence_id, payload.label])).toEqual([
      [1, undefined],
      [3, undefined],
      [4, undefined],
      [5, 'last'],
      [6, undefined],
    ]);
  });
});

/** A log that is only read in bounded pages; `most` is the most bytes of payloads it gave at once. */
function boundedOnly(events: readonly Event[], log: LogSource) {
  const read = { most: 0 };
  const noted = (page: readonly Event[]): readonly Event[] => {
    read.most = Math.max(
      read.most,
      page.reduce((sum, { payload }) => sum + Buffer.byteLength(JSON.stringify(payload)), 0),
    );
    return page;
  };
  const source: LogSource = {
    ...log,
    async events(after, limit, maxBytes) {
      expect(maxBytes !== undefined || limit === 1, 'a page without a bound').toBe(true);
      return noted(await log.events(after, limit, maxBytes));
    },
    async taskEvents(taskId, after, limit, maxBytes) {
      expect(maxBytes !== undefined || limit === 1, 'a page without a bound').toBe(true);
      return noted(await log.taskEvents(taskId, after, limit, maxBytes));
    },
    taskHistory: () => Promise.reject(new Error(`a history of ${events.length} events at once`)),
  };
  return { source, read };
}

describe('a log with payloads of a mebibyte each', () => {
  // Shared by all of them, so that only what is read of it takes memory.
  const label = 'ä'.repeat(MEBIBYTE / 2);
  const rounds = Array.from({ length: 10 }, (_, n) => ({
    at: n + 1,
    to: n % 2 ? 'DRAFT' : 'IN_PROGRESS',
    cycle: 'c1',
  }));
  const events = historyOf([
    { at: 0, to: 'UNASSIGNED', edge: 'post' },
    ...rounds,
    { at: 11, to: 'REVISION_NEEDED', edge: 'revision' },
    { at: 12, to: 'COMPLETE', kind: 'terminal', finishes: true },
  ]).map((event, n) => ({ ...event, payload: { ...event.payload, label: `${label}${n}`, priority: 5 } }));
  const log = arrayLog({ events, chief_cycles: [cycleRow({ actions_taken: 10, seen_sequence_id: 1 })] });

  it.each([
    { what: 'all of it', options: {}, from: 0, spans: 14 },
    { what: 'a task that was held back', options: { sampleRatio: 0 }, from: 0, spans: 14 },
    { what: 'its end, with what was held back before', options: { sampleRatio: 0 }, from: 11, spans: 14 },
    { what: 'its last event', options: {}, from: 12, spans: 3 },
    { what: 'a task', options: { taskIds: ['t1'] }, from: 0, spans: 13 },
  ])('is read in pages of bounded bytes: $what', async ({ options, from, spans }) => {
    const { source, read } = boundedOnly(events, log);
    const cursor = { ...LOG_START, events: from };
    const given = { ...options, withLabel: true, serviceName: 'quadro', follow: false };
    const batches = await Array.fromAsync(translatedBatches(source, given, cursor));
    const found = batches.flatMap(batch => batch.spans.map(plain));
    expect(found).toHaveLength(spans);
    const root = found.find(({ name }) => name === 'task article');
    expect(root?.attributes).toMatchObject({ 'quadro.label': `${label}12`, 'quadro.attempts': 0 });
    expect(read.most).toBeLessThan(4.5 * MEBIBYTE);
  });
});
