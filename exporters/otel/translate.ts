import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { FeedBatch } from '../feed/index.ts';
import { cycleSpan, tickSpan } from './cycle-spans.ts';
import { isClamped, readableSpan, type SpanFields } from './span.ts';
import { closesStage, stageSpan } from './stage-span.ts';
import { finishesTask, taskSpan } from './task-span.ts';
import type { TranslationContext } from './translation-context.ts';

/** The spans of a batch. */
export interface Translation {
  readonly spans: ReadableSpan[];
  /** How many ended before they began by the log's times, and were given a duration of 0; or have times that OTLP cannot tell. */
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
    clamped: fields.filter(isClamped).length,
  };
}
