import { cycleIds, type SpanIds, stageSpanId, taskSpanId, tickIds, traceIdOf } from '../../board/core/trace-ids.ts';
import type { TaskOrigins } from '../otel/task-origins.ts';
import type { Family, KeptExemplar } from './family.ts';
import type { SpanRef } from './observation.ts';

const NO_ORIGIN = { traceparent: null, trace_relation: null };

/**
 * The trace and span ids of kept exemplars, each worked out once and only when somebody asks for OpenMetrics: hashing every
 * observation would cost more than counting it.
 */
export class ExemplarIds {
  readonly #known = new WeakMap<KeptExemplar, SpanIds>();

  /** Works out the ids of every exemplar that has none yet. */
  async prepare(
    families: Iterable<Family>,
    boardUid: string,
    originsOf: (taskIds: Iterable<string>) => Promise<TaskOrigins>,
  ): Promise<void> {
    const fresh = [...families].flatMap(family => [...family.series].flatMap(({ exemplars }) => exemplars));
    const unknown = fresh.filter(exemplar => exemplar !== undefined && !this.#known.has(exemplar));
    const taskIds = unknown.flatMap(exemplar =>
      exemplar && 'task_id' in exemplar.span ? [exemplar.span.task_id] : [],
    );
    const origins = await originsOf(new Set(taskIds));
    for (const exemplar of unknown) {
      if (exemplar !== undefined) this.#known.set(exemplar, spanIdsOf(exemplar.span, boardUid, origins));
    }
  }

  /** The ids of an exemplar that was prepared. */
  of(exemplar: KeptExemplar): SpanIds | undefined {
    return this.#known.get(exemplar);
  }
}

function spanIdsOf(span: SpanRef, boardUid: string, origins: TaskOrigins): SpanIds {
  if (span.kind === 'cycle') return cycleIds(boardUid, span.cycle_id);
  if (span.kind === 'tick') return tickIds(boardUid, span.tick_id);
  const traceId = traceIdOf(boardUid, span.task_id, { ...(origins.get(span.task_id) ?? NO_ORIGIN) });
  const spanId =
    span.kind === 'task' ? taskSpanId(boardUid, span.task_id) : stageSpanId(boardUid, span.entered_sequence_id);
  return { traceId, spanId };
}
