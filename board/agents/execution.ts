import type { BoardMethods } from '../board-methods.ts';
import { errorOf } from '../core/errors.ts';
import { hydrateWorker } from '../core/hydration.ts';
import type { Json } from '../core/json.ts';
import type { Task } from '../core/records.ts';
import { parseTraceParent } from '../core/trace-ids.ts';
import { type Assignment, isFenceConflict } from './assignment.ts';
import { Move } from './move.ts';
import { retried } from './retry.ts';
import { messageOf } from './surroundings.ts';

/** What a worker's function is given. */
export interface WorkContext {
  readonly task: Task;
  readonly notes: readonly string[];
  /** Names this context: the same task gives the same hash. */
  readonly snapshot_hash: string;
  /** The assignment's token; `board` sends it along by itself. */
  readonly fence: number;
  /**
   * The trace context of the stage, for what the function traces itself; null where whoever gave the assignment sent none.
   * Where the process has an OpenTelemetry context manager, the function runs under it already.
   */
  readonly traceparent: string | null;
  /**
   * The same for a process that the function starts, as environment variables.
   *
   * @example spawn('python', ['research.py'], { env: { ...process.env, ...traceEnv } });
   */
  readonly traceEnv: { readonly TRACEPARENT?: string };
  /** Aborted when the assignment is over: the Ombudsman or a person has taken the task away, or the worker is closing. */
  readonly signal: AbortSignal;
  /** The board in the worker's name. Steps of its own task carry the fence, and go on with the new one. */
  readonly board: BoardMethods;
}

/**
 * The work itself. It gives back an output (any JSON value), a step (`moveTo`), or nothing. What it throws, and an output
 * that is no JSON, sends the task to HUMAN_REVIEW with the message in its notes.
 */
export type WorkFunction = (context: WorkContext) => unknown;

/** How a worker finishes what its function gives back. */
export interface WorkStyle {
  readonly execute: WorkFunction;
  /** The value is a verdict: exactly `REVISION_NEEDED`, or anything else for APPROVED. */
  readonly isReviewer: boolean;
  /** Where a plain output sends the task from a status of a custom lifecycle; null: the function says so itself. */
  readonly next: string | null;
}

/** How an execution ended. `fenced`: the assignment was over before it could write. */
export interface WorkEnd {
  readonly mode: 'execution' | 'review' | 'fenced' | 'failed';
  readonly task: Task;
  /** What the function threw, or why its result could not be taken. */
  readonly error: unknown;
}

/** Code points of an error's message that are kept in the notes. */
const MAX_ERROR_CHARACTERS = 500;

function errorNote(error: unknown): string {
  const text = messageOf(error).replaceAll('\0', '').toWellFormed();
  return `Worker error: ${[...text].slice(0, MAX_ERROR_CHARACTERS).join('')}`;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function review(assignment: Assignment, value: Json): Promise<unknown> {
  const { taskId: task_id, agentId: assigned_to } = assignment;
  const to_status = value === 'REVISION_NEEDED' ? 'REVISION_NEEDED' : 'APPROVED';
  const notes = value === null ? {} : { notes_append: textOf(value) };
  return assignment.move('board.update_task', { task_id, to_status, assigned_to, ...notes });
}

/** Tells the board what the function gave back. */
function finish(assignment: Assignment, style: WorkStyle, value: unknown, hash: string): Promise<unknown> {
  const { taskId: task_id, agentId: agent_id, task } = assignment;
  const context_snapshot_hash = hash;
  if (value instanceof Move) {
    const params = { context_snapshot_hash, ...value.options, task_id, to_status: value.toStatus };
    return assignment.move('board.update_task', params);
  }
  // The board checks that it is JSON; its refusal is an error of the function.
  const json = (value ?? null) as Json;
  const output = json === null ? {} : { output: json };
  if (style.next !== null) {
    const params = { task_id, to_status: style.next, context_snapshot_hash, ...output };
    return assignment.move('board.update_task', params);
  }
  if (task.status !== 'IN_PROGRESS') {
    throw errorOf(
      'invalid_configuration',
      `${agent_id} finished task ${task_id} and nothing says where it goes from ${task.status}: return moveTo(status), or give the worker a next status`,
    );
  }
  if (style.isReviewer) return review(assignment, json);
  return assignment.move('worker.post_result', { task_id, agent_id, ...output });
}

/** Sends the task to a person; answers whether the assignment still stood. */
async function giveUp(assignment: Assignment, error: unknown): Promise<boolean> {
  const params = {
    task_id: assignment.taskId,
    to_status: 'HUMAN_REVIEW',
    notes_append: errorNote(error),
    reason: 'worker_error',
  };
  try {
    await retried(() => assignment.move('board.update_task', params));
    return true;
  } catch (failure) {
    if (isFenceConflict(failure)) return false;
    throw failure;
  }
}

/** What is no trace context is as good as none (W3C). */
function traceOf(text: string | null): Pick<WorkContext, 'traceparent' | 'traceEnv'> {
  if (text === null || parseTraceParent(text) === null) return { traceparent: null, traceEnv: {} };
  return { traceparent: text, traceEnv: { TRACEPARENT: text } };
}

/**
 * Runs the function on an assignment whose first beat was accepted, and tells the board how it ended. Once the assignment
 * is over nothing is written: whatever the function still gives back is somebody else's by now.
 */
export async function runExecution(
  assignment: Assignment,
  style: WorkStyle,
  traceparent: string | null,
): Promise<WorkEnd> {
  const { task, fence, signal, board } = assignment;
  const { notes } = task;
  const { snapshot_hash } = hydrateWorker({ task, notes });
  const ended = (mode: WorkEnd['mode'], error: unknown = null): WorkEnd => ({ mode, task: assignment.task, error });
  try {
    const value = await style.execute({ task, notes, snapshot_hash, fence, ...traceOf(traceparent), signal, board });
    if (signal.aborted) return ended('fenced');
    // Where the function has moved the task itself, only a further step it asks for is taken.
    if (!assignment.hasMoved || value instanceof Move) {
      await retried(async () => finish(assignment, style, value, snapshot_hash));
    }
    return ended(style.isReviewer ? 'review' : 'execution');
  } catch (error) {
    if (signal.aborted || isFenceConflict(error)) return ended('fenced');
    return (await giveUp(assignment, error)) ? ended('failed', error) : ended('fenced');
  }
}
