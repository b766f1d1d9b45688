import { join } from 'node:path';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Board } from '../../board/board.ts';
import type { Cursor, Event } from '../../board/core/records.ts';
import { feed, LOG_START } from '../../exporters/feed/index.ts';
import { contextOf, contextReader, translate } from '../../exporters/otel/index.ts';
import { tempDir } from '../support/temp.ts';
import { allSpans, plain } from './all-spans.ts';
import { RANDOM_STEPS, randomBoard } from './random-board.ts';
import { RANDOM_LINES, randomImport } from './random-import.ts';
import { decodeJson, decodeProtobuf, withoutFlags } from './wire-span.ts';

const OPTIONS = { serviceName: 'quadro', withLabel: true };
const isStage = ({ name }: ReadableSpan): boolean => name.startsWith('stage ');
const isRoot = ({ name }: ReadableSpan): boolean => name.startsWith('task ');
const microsOf = ([seconds, nanos]: readonly [number, number]): number => seconds * 1_000_000 + nanos / 1000;
const hasParts = ({ attributes }: ReadableSpan): boolean => 'quadro.wait_seconds' in attributes;
const sumOf = ({ attributes }: ReadableSpan): number =>
  ['wait', 'active', 'lost', 'blocked']
    .map(part => Math.round(Number(attributes[`quadro.${part}_seconds`]) * 1_000_000))
    .reduce((sum, part) => sum + part, 0);

/** Spans as a set: which were made, whatever their order. */
const setOf = (spans: readonly ReadableSpan[]): string[] => spans.map(span => JSON.stringify(plain(span))).sort();

/** A log, and what telemetry.md says of any. */
interface Log {
  readonly board: Board;
  readonly events: readonly Event[];
  readonly spans: readonly ReadableSpan[];
}

async function logOf(board: Board): Promise<Log> {
  return { board, events: await board.events(0, 100_000), spans: await allSpans(board, OPTIONS) };
}

describe('the spans of any log a board wrote', () => {
  const run = fc.record({
    steps: RANDOM_STEPS,
    isResumable: fc.boolean(),
    batchSize: fc.integer({ min: 1, max: 9 }),
    cut: fc.nat(),
  });

  it('are the contract', async () => {
    const types = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(run, async ({ steps, isResumable, batchSize, cut }) => {
        const live: ReadableSpan[] = [];
        const follow = follower();
        const board = await randomBoard(steps, isResumable, async read => void live.push(...(await follow(read))));
        try {
          const log = await logOf(board);
          if (log.events.length === 0) return;
          expectStages(log);
          expectIds(log);
          expectStatus(log);
          expectFixedTypes(log, types);
          expectWithin(log);
          expectSums(log);
          expect(log.spans.filter(isRoot).every(hasParts)).toBe(true);
          await expectLinks(log);
          expectEqualEncodings(log);
          await expectSameHowever(log, batchSize, cut);
          live.push(...(await follow(board)));
          expect(setOf(live)).toEqual(setOf(log.spans));
        } finally {
          await board.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the spans of any import', () => {
  const run = fc.record({
    lines: RANDOM_LINES,
    hasRows: fc.boolean(),
    batchSize: fc.integer({ min: 1, max: 9 }),
    cut: fc.nat(),
  });

  it('are the contract, however its links are broken and its clock went', async () => {
    const folder = tempDir();
    const types = new Map<string, string>();
    let number = 0;
    await fc.assert(
      fc.asyncProperty(run, async ({ lines, hasRows, batchSize, cut }) => {
        const board = await randomImport(lines, hasRows, join(folder, `${number++}.db`));
        try {
          const log = await logOf(board);
          expectStages(log);
          expectIds(log);
          expectStatus(log);
          expectFixedTypes(log, types);
          expectSums(log);
          expectEqualEncodings(log);
          await expectSameHowever(log, batchSize, cut);
        } finally {
          await board.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** Reads on from where it stopped, as an exporter does while the board is worked on. */
function follower(): (board: Board) => Promise<ReadableSpan[]> {
  let cursor: Cursor = LOG_START;
  let readContext: ReturnType<typeof contextReader> | undefined;
  return async board => {
    readContext ??= contextReader(board, OPTIONS);
    const spans: ReadableSpan[] = [];
    for await (const batch of feed(board, { cursor, follow: false })) {
      spans.push(...translate(batch, await readContext(batch)).spans);
      cursor = batch.cursor;
    }
    return spans;
  };
}

/** Each closed stage is one span, each finished task has one root, which is the parent of its stages. */
function expectStages({ events, spans }: Log): void {
  const closing: number[] = [];
  const finishing: number[] = [];
  for (const history of Map.groupBy(events, event => event.task_id).values()) {
    const transitions = history.filter(({ event_type }) => event_type !== 'task_heartbeat');
    closing.push(...transitions.slice(1).map(({ sequence_id }) => sequence_id));
    const finished = history.find(event => event.finished_sequence_id !== null)?.finished_sequence_id;
    if (finished != null) finishing.push(finished);
  }
  const numbers = (of: readonly ReadableSpan[]): number[] =>
    of.map(({ attributes }) => Number(attributes['quadro.sequence_id']));
  expect(numbers(spans.filter(isStage))).toEqual(closing.sort((a, b) => a - b));
  expect(numbers(spans.filter(isRoot))).toEqual(finishing.sort((a, b) => a - b));
  const rootOf = new Map(spans.filter(isRoot).map(root => [root.attributes['quadro.task_id'], root.spanContext()]));
  const parents = new Map<unknown, string>();
  for (const stage of spans.filter(isStage)) {
    const task = stage.attributes['quadro.task_id'];
    const parent = JSON.stringify(stage.parentSpanContext);
    expect(parents.get(task) ?? parent).toBe(parent);
    parents.set(task, parent);
    expect(stage.spanContext().traceId).toBe(stage.parentSpanContext?.traceId);
    if (rootOf.has(task)) expect(stage.parentSpanContext).toEqual(rootOf.get(task));
  }
}

/** Ids are unique, well formed, and never all zero; no span is shorter than nothing. */
function expectIds({ spans }: Log): void {
  const ids = spans.map(span => span.spanContext().spanId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const span of spans) {
    expect(span.spanContext().traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(span.spanContext().spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    expect(microsOf(span.duration)).toBeGreaterThanOrEqual(0);
    expect(microsOf(span.duration)).toBe(microsOf(span.endTime) - microsOf(span.startTime));
  }
}

/** A span's status is Error exactly where it says of what type, and is never Ok. */
function expectStatus({ spans }: Log): void {
  for (const { status, attributes, name } of spans) {
    expect([name, status.code]).toEqual([name, attributes['error.type'] === undefined ? 0 : 2]);
    if (name.startsWith('task ')) expect(status).toEqual({ code: 0 });
  }
}

/** An attribute has the same type on every span of every log. */
function expectFixedTypes({ spans }: Log, types: Map<string, string>): void {
  for (const { attributes } of spans) {
    for (const [name, value] of Object.entries(attributes)) {
      const type = Array.isArray(value) ? `${[...new Set(value.map(each => typeof each))]}[]` : typeof value;
      if (type === '[]') continue;
      if (!types.has(name)) types.set(name, type);
      expect([name, type]).toEqual([name, types.get(name)]);
      if (typeof value === 'number') expect([name, Number.isFinite(value)]).toEqual([name, true]);
    }
  }
}

/**
 * Waiting, active, lost and blocked are all of a task's time, to the microsecond; where an import's clock went back from its
 * post to its finish they are left out, for they could not be.
 */
function expectSums({ events, spans }: Log): void {
  for (const root of spans.filter(isRoot)) {
    const { 'quadro.task_id': task, 'quadro.sequence_id': finish, 'quadro.flow_efficiency': share } = root.attributes;
    const steps = events.filter(event => event.task_id === task && event.event_type !== 'task_heartbeat');
    const finished = steps.find(event => event.sequence_id === finish)?.timestamp ?? Number.NaN;
    expect(hasParts(root)).toBe(finished >= (steps[0]?.timestamp ?? Number.NaN));
    if (hasParts(root)) expect(sumOf(root)).toBe(microsOf(root.duration));
    if (share !== undefined) expect([Number(share) >= 0, Number(share) <= 1]).toEqual([true, true]);
  }
}

/** A stage lies within its task's root; one that ends after it says so, and no other does. */
function expectWithin({ spans }: Log): void {
  const roots = new Map(spans.filter(isRoot).map(root => [root.attributes['quadro.task_id'], root]));
  for (const stage of spans.filter(isStage)) {
    const root = roots.get(stage.attributes['quadro.task_id']);
    const isAfter = root !== undefined && microsOf(stage.endTime) > microsOf(root.endTime);
    expect(stage.attributes['quadro.after_terminal']).toBe(isAfter ? true : undefined);
    if (root !== undefined) expect(microsOf(stage.startTime)).toBeGreaterThanOrEqual(microsOf(root.startTime));
  }
}

/** At most 100 links; those and the dropped ones are all there are: the stages that a cycle opened, that a tick ended. */
async function expectLinks({ board, events, spans }: Log): Promise<void> {
  const caused = new Map<string, number>();
  for (const { edge, cycle_id, tick_id, entered_sequence_id } of events) {
    if (edge === null) continue;
    if (cycle_id !== null) caused.set(cycle_id, (caused.get(cycle_id) ?? 0) + 1);
    if (tick_id !== null && entered_sequence_id !== null) caused.set(tick_id, (caused.get(tick_id) ?? 0) + 1);
  }
  const rows = [...(await board.chiefCycles(0, 1000)), ...(await board.ombudsmanTicks(0, 1000))];
  expect(spans.filter(span => !isStage(span) && !isRoot(span))).toHaveLength(rows.length);
  for (const span of spans) {
    const { attributes, links, droppedLinksCount } = span;
    expect(links.length).toBeLessThanOrEqual(100);
    expect(droppedLinksCount > 0 && links.length < 100).toBe(false);
    const cause = attributes['quadro.cycle_id'] ?? attributes['quadro.tick_id'];
    if (cause !== undefined) expect(links.length + droppedLinksCount).toBe(caused.get(String(cause)) ?? 0);
  }
}

/** Whatever the encoding, an independent decoder finds the same spans. */
function expectEqualEncodings({ spans }: Log): void {
  const json = JsonTraceSerializer.serializeRequest([...spans]);
  const protobuf = ProtobufTraceSerializer.serializeRequest([...spans]);
  const decoded = decodeProtobuf(protobuf ?? new Uint8Array());
  expect(decoded).toEqual(decodeJson(json ?? '').map(withoutFlags));
  expect(decoded).toHaveLength(spans.length);
}

/** The same spans in batches of any size, from any place on, and a task at a time in any order. */
async function expectSameHowever({ board, events, spans }: Log, batchSize: number, cut: number): Promise<void> {
  const whole = setOf(spans);
  expect(setOf(await allSpans(board, { ...OPTIONS, batchSize }))).toEqual(whole);

  const before: ReadableSpan[] = [];
  let left = cut % (events.length + 1);
  let cursor: Cursor = LOG_START;
  for await (const batch of feed(board, { batchSize, follow: false })) {
    if (left-- <= 0) break;
    before.push(...translate(batch, await contextOf(board, batch, OPTIONS)).spans);
    cursor = batch.cursor;
  }
  expect(setOf([...before, ...(await allSpans(board, { ...OPTIONS, cursor, batchSize }))])).toEqual(whole);

  const record = await board.board();
  const tasks = [...new Set(events.map(event => event.task_id))].sort();
  const ofTasks: ReadableSpan[] = [];
  for (const task of tasks) {
    const history = await board.taskHistory(task);
    const batch = { board: record, events: history, chief_cycles: [], ombudsman_ticks: [], cursor, lag: 0 };
    ofTasks.push(...translate(batch, await contextOf(board, batch, OPTIONS)).spans);
  }
  expect(setOf(ofTasks)).toEqual(setOf(spans.filter(span => isStage(span) || isRoot(span))));
}
