import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { BoardRecord } from '../../board/core/records.ts';
import type { FeedBatch } from '../feed/index.ts';
import type { StageRef } from './caused-stages.ts';
import { cycleSpan, tickSpan } from './cycle-spans.ts';
import type { RootFacts } from './root-facts.ts';
import { readableSpan, type SpanFields, type SpanScope } from './span.ts';
import { closesStage, stageSpan } from './stage-span.ts';
import type { TaskOrigins } from './task-origins.ts';
import { finishesTask, taskSpan } from './task-span.ts';

/** What a batch's rows do not say themselves; {@link contextReader} reads it. */
export interface TranslationContext {
  readonly board: Pick<BoardRecord, 'board_id' | 'board_uid'>;
  readonly scope: SpanScope;
  /** Whether root spans carry the task's label: it may hold what should not leave the house. */
  readonly withLabel: boolean;
  /** Of every task the batch's spans belong to or link to. */
  readonly origins: TaskOrigins;
  /** Of every task that finishes in the batch, by the finishing event. */
  readonly roots: ReadonlyMap<number, RootFacts>;
  /** Where a stage's status is not its closing event's `from_status` (imports): by the event that entered it. */
  readonly enteredStatus: ReadonlyMap<number, string>;
  /** Stages each cycle of the batch opened. */
  readonly openedBy: ReadonlyMap<string, readonly StageRef[]>;
  /** Stages each tick of the batch found stale. */
  readonly foundStaleBy: ReadonlyMap<string, readonly StageRef[]>;
}

/** The spans of a batch. */
export interface Translation {
  readonly spans: ReadableSpan[];
  /** How many ended before they began by the log's times, and were given a duration of 0. */
  readonly clamped: number;
}

/**
 * The spans of a batch of log rows: a pure function, so that the same rows give the same spans, whenever and however often
 * they are read, and wherever a batch begins. In the order of the events, a stage before the root it ends; then cycles,
 * then ticks.
 */
export function translate(batch: FeedBatch, context: TranslationContext): Translation {
  const fields: SpanFields[] = [];
  for (const event of batch.events) {
    if (closesStage(event)) fields.push(stageSpan(event, context));
    const facts = finishesTask(event) ? context.roots.get(event.sequence_id) : undefined;
    if (facts !== undefined) fields.push(taskSpan(event, facts, context));
  }
  for (const cycle of batch.chief_cycles) fields.push(cycleSpan(cycle, context));
  for (const tick of batch.ombudsman_ticks) fields.push(tickSpan(tick, context));
  return {
    spans: fields.map(each => readableSpan(context.scope, each)),
    clamped: fields.filter(({ start, end }) => end < start).length,
  };
}
