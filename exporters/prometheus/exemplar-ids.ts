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
    const traces = new Map<string, string>();
    const traceOf = async (taskId: string): Promise<string> => {
      const trace = traces.get(taskId) ?? traceIdOf(boardUid, taskId, (await posts.of(taskId))?.origin ?? NO_ORIGIN);
      traces.set(taskId, trace);
      return trace;
    };
    for (const exemplar of exemplarsOf(families)) {
      if (!this.#known.has(exemplar)) this.#known.set(exemplar, await spanIdsOf(exemplar.span, boardUid, traceOf));
    }
  }

  /** The ids of an exemplar that was prepared. */
  of(exemplar: KeptExemplar): SpanIds | undefined {
    return this.#known.get(exemplar);
  }
}

function* exemplarsOf(families: Iterable<Family>): Generator<KeptExemplar> {
  for (const { series } of families) {
    for (const { exemplars } of series) for (const exemplar of exemplars) if (exemplar !== undefined) yield exemplar;
  }
}

async function spanIdsOf(
  span: SpanRef,
  boardUid: string,
  traceOf: (taskId: string) => Promise<string>,
): Promise<SpanIds> {
  if (span.kind === 'cycle') return cycleIds(boardUid, span.cycle_id);
  if (span.kind === 'tick') return tickIds(boardUid, span.tick_id);
  const { task_id } = span;
  const isStage = span.kind === 'stage';
  const spanId = isStage ? stageSpanId(boardUid, span.entered_sequence_id) : taskSpanId(boardUid, task_id);
  return { traceId: await traceOf(task_id), spanId };
}
