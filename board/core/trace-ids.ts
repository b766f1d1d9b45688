/**
 * Deterministic trace context (telemetry.md, Ids): a span's ids are known from the log alone, so a replay gives the same
 * ones, and dispatch can hand a worker the context of a stage that is still open. Needs no OpenTelemetry.
 */
import { hash as digest } from 'node:crypto';
import type { JsonObject } from './json.ts';
import { isSampled } from './trace-sampling.ts';

/** The scheme's name, as the resource attribute `quadro.id_scheme` says it. */
export const ID_SCHEME = 'quadro/1';

/** The ids of a span: 32 and 16 lower-case hex digits, never all zero. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

function digestOf(...fields: readonly (string | number)[]): string {
  return digest('sha256', fields.join('\0'), 'hex');
}

/** The first digits of a digest; W3C trace context forbids the all-zero id. */
function idOf(hex: string, digits: number): string {
  const id = hex.slice(0, digits);
  return /^0+$/.test(id) ? `${'0'.repeat(digits - 1)}1` : id;
}

/** The trace of a task whose caller is linked, not its parent. */
export function taskTraceId(boardUid: string, taskId: string): string {
  return idOf(digestOf(ID_SCHEME, 'trace', boardUid, taskId), TRACE_DIGITS);
}

/** The root span of a task. */
export function taskSpanId(boardUid: string, taskId: string): string {
  return idOf(digestOf(ID_SCHEME, 'task', boardUid, taskId), SPAN_DIGITS);
}

/** The span of a stage, by the event that entered it. */
export function stageSpanId(boardUid: string, enteredSequenceId: number): string {
  return idOf(digestOf(ID_SCHEME, 'stage', boardUid, enteredSequenceId), SPAN_DIGITS);
}

function bothOf(hex: string): SpanIds {
  return { traceId: idOf(hex, TRACE_DIGITS), spanId: idOf(hex, SPAN_DIGITS) };
}

/** The ids of a Chief cycle's span, a trace of its own. */
export function cycleIds(boardUid: string, cycleId: string): SpanIds {
  return bothOf(digestOf(ID_SCHEME, 'cycle', boardUid, cycleId));
}

/** The ids of an Ombudsman tick's span, a trace of its own. */
export function tickIds(boardUid: string, tickId: string): SpanIds {
  return bothOf(digestOf(ID_SCHEME, 'tick', boardUid, tickId));
}

/** A parsed `traceparent`. */
export interface TraceParent extends SpanIds {
  readonly traceFlags: number;
}

/** Only a version to come may have more than four fields. */
const TRACEPARENT = /^(?!ff)(?!00.{53}.)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

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
 * The `traceparent` of the stage a task is in, for whoever works on it. Its sampled flag says whether the trace is of the
 * share that is kept whatever becomes of the task; that a failed task is kept besides is known only after the work.
 *
 * @param sampleRatio from 0 (the flag is never set) to 1 (always). Default 1.
 */
export function stageTraceparent(
  boardUid: string,
  task: TraceOrigin & { readonly task_id: string; readonly entered_sequence_id: number },
  sampleRatio = 1,
): string {
  const traceId = traceIdOf(boardUid, task.task_id, task);
  const flags = isSampled(traceId, sampleRatio) ? '01' : '00';
  return `00-${traceId}-${stageSpanId(boardUid, task.entered_sequence_id)}-${flags}`;
}
