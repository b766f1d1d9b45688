import type { PostTaskParams } from './intents.ts';
import type { TraceRelation } from './records.ts';

/** What a caller's `traceparent` may be to a task's trace. */
export const TRACE_RELATIONS: readonly TraceRelation[] = ['link', 'parent'];

/**
 * The post with what its caller's `traceparent` is to the task's trace, as it is for its type. What the post itself says
 * stands, and nothing is said where there is no `traceparent`.
 */
export function withTraceRelation(
  task: PostTaskParams,
  relations: Readonly<Record<string, TraceRelation>>,
): PostTaskParams {
  const { task_type, traceparent, trace_relation } = task;
  if (traceparent == null || trace_relation != null) return task;
  const relation = Object.hasOwn(relations, task_type) ? relations[task_type] : undefined;
  return relation === undefined ? task : { ...task, trace_relation: relation };
}
