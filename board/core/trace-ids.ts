/**
 * Deterministic trace context (telemetry.md, Ids): a span's ids are known from the log alone, so a replay gives the same
 * ones, and dispatch can hand a worker the context of a stage that is still open. Needs no OpenTelemetry.
 */
import { hash as digest } from 'node:crypto';
import type { JsonObject } from './json.ts';

/** The scheme's name, as the resource attribute `quadro.id_scheme` says it. */
export const ID_SCHEME = 'quadro/1';

/** The ids of a span: 32 and 16 lower-case hex digits, never all zero. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

function hash(fields: readonly (string | number)[], bytes: number): string {
  const hex = digest('sha256', fields.join('\0'), 'hex').slice(0, bytes * 2);
  // W3C trace context forbids the all-zero id.
  return /^0+$/.test(hex) ? `${'0'.repeat(bytes * 2 - 1)}1` : hex;
}

/** The trace of a task whose caller is linked, not its parent. */
export function taskTraceId(boardUid: string, taskId: string): string {
  return hash([ID_SCHEME, 'trace', boardUid, taskId], 16);
}

/** The root span of a task. */
export function taskSpanId(boardUid: string, taskId: string): string {
  return hash([ID_SCHEME, 'task', boardUid, taskId], 8);
}

/** The span of a stage, by the event that entered it. */
export function stageSpanId(boardUid: string, enteredSequenceId: number): string {
  return hash([ID_SCHEME, 'stage', boardUid, enteredSequenceId], 8);
}

/** The ids of a Chief cycle's span, a trace of its own. */
export function cycleIds(boardUid: string, cycleId: string): SpanIds {
  const fields = [ID_SCHEME, 'cycle', boardUid, cycleId];
  return { traceId: hash(fields, 16), spanId: hash(fields, 8) };
}

/** The ids of an Ombudsman tick's span, a trace of its own. */
export function tickIds(boardUid: string, tickId: string): SpanIds {
  const fields = [ID_SCHEME, 'tick', boardUid, tickId];
  return { traceId: hash(fields, 16), spanId: hash(fields, 8) };
}

/** A parsed `traceparent`. */
export interface TraceParent extends SpanIds {
  readonly traceFlags: number;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** The ids in a W3C `traceparent`, or null where it is malformed or all zero. */
export function parseTraceParent(text: string): TraceParent | null {
  const match = TRACEPARENT.exec(text);
  if (match === null) return null;
  const [, traceId = '', spanId = '', flags = '00'] = match;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

/** The fields of a task or of its post's payload that decide its trace. */
export type TraceOrigin = Pick<JsonObject, 'traceparent' | 'trace_relation'>;

/** The trace a task's spans belong to: the caller's where the post said `parent`, its own otherwise. */
export function traceIdOf(boardUid: string, taskId: string, origin: TraceOrigin): string {
  const { traceparent, trace_relation } = origin;
  if (trace_relation === 'parent' && typeof traceparent === 'string') {
    const parent = parseTraceParent(traceparent);
    if (parent !== null) return parent.traceId;
  }
  return taskTraceId(boardUid, taskId);
}

/**
 * The `traceparent` of the stage a task is in, for whoever works on it. The sampled flag is set: sampling is decided per
 * whole task when its spans are written, which is after the work.
 */
export function stageTraceparent(
  boardUid: string,
  task: TraceOrigin & { readonly task_id: string; readonly entered_sequence_id: number },
): string {
  const traceId = traceIdOf(boardUid, task.task_id, task);
  return `00-${traceId}-${stageSpanId(boardUid, task.entered_sequence_id)}-01`;
}
