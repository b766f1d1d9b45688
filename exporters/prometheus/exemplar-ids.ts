import { cycleIds, type SpanIds, stageSpanId, taskSpanId, tickIds, traceIdOf } from '../../board/core/trace-ids.ts';
import type { Family, KeptExemplar } from './family.ts';
import type { SpanRef } from './observation.ts';
import type { TaskPosts } from './task-posts.ts';

const NO_ORIGIN = { traceparent: null, trace_relation: null };

/**
 * The trace and span ids of kept exemplars, each worked out once and only when somebody asks for OpenMetrics: hashing every
 * observation would cost more than counting it.
 */
export class ExemplarIds {
  readonly #known = new WeakMap<KeptExemplar, SpanIds>();

  /** Works out the ids of every exemplar that has none yet. */
  async prepare(families: Iterable<Family>, boardUid: string, posts: TaskPosts): Promise<void> {
    const kept = [...families].flatMap(family => [...family.series].flatMap(({ exemplars }) => exemplars));
    for (const exemplar of kept) {
      if (exemplar === undefined || this.#known.has(exemplar)) continue;
      this.#known.set(exemplar, await spanIdsOf(exemplar.span, boardUid, posts));
    }
  }

  /** The ids of an exemplar that was prepared. */
  of(exemplar: KeptExemplar): SpanIds | undefined {
    return this.#known.get(exemplar);
  }
}

async function spanIdsOf(span: SpanRef, boardUid: string, posts: TaskPosts): Promise<SpanIds> {
  if (span.kind === 'cycle') return cycleIds(boardUid, span.cycle_id);
  if (span.kind === 'tick') return tickIds(boardUid, span.tick_id);
  const { task_id } = span;
  const post = await posts.of(task_id);
  const traceId = traceIdOf(boardUid, task_id, post?.origin ?? NO_ORIGIN);
  const isStage = span.kind === 'stage';
  return { traceId, spanId: isStage ? stageSpanId(boardUid, span.entered_sequence_id) : taskSpanId(boardUid, task_id) };
}
