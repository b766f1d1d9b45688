import type { Backend } from './backends/backend.ts';
import { systemClock } from './clock.ts';
import { ConfigurationError } from './core/errors.ts';
import { nameFaultsOf } from './core/lifecycle/faults.ts';
import type { Lifecycle } from './core/lifecycle/types.ts';
import { MAX_PAYLOAD_BYTES } from './core/payload.ts';
import type { TraceRelation } from './core/records.ts';
import type { Micros } from './core/time.ts';
import { TRACE_RELATIONS } from './core/trace-relation.ts';
import { randomTaskIds, type TaskIdProvider } from './task-ids.ts';

/** How to open a board. */
export interface BoardOptions {
  /** Where it is stored: `sqlite({ file })` of `quadro/sqlite`, say. The board closes it. */
  readonly backend: Backend;
  /** The board's name inside its database. Default `default`. */
  readonly boardId?: string;
  /** Lifecycle profiles to register; an equal definition is no new version. */
  readonly lifecycles?: readonly Lifecycle[];
  /** Task type → profile name. A type that is not named uses `review_required`. */
  readonly taskTypes?: Readonly<Record<string, string>>;
  /** Makes an earlier definition the newest again, where otherwise it is taken for an older process's. Default false. */
  readonly restoreLifecycles?: boolean;
  /** Lets HUMAN_REVIEW and ON_HOLD lead back to UNASSIGNED, in every profile. Kept by the board once it is set. */
  readonly resumable?: boolean;
  /** Mints ids for tasks posted without one. Default: five random characters. */
  readonly taskIds?: TaskIdProvider;
  /** The time in microseconds. Default: the system's clock. */
  readonly clock?: () => Micros;
  /** Refuses to make a board that is not there. Default false. */
  readonly mustExist?: boolean;
  /** Only reads: every writing intent is refused. Implies `mustExist`. Default false. */
  readonly readOnly?: boolean;
  /** Most commands a transaction. Default 256. */
  readonly maxBatch?: number;
  /** Most commands waiting; beyond it a command gets OverloadedError. Default 10,000. */
  readonly maxQueued?: number;
  /** Largest payload, in bytes of JSON. Default 1 MiB. */
  readonly maxPayloadBytes?: number;
  /** How long idempotency keys are remembered, in seconds. Default 7 days. */
  readonly idempotencySeconds?: number;
  /**
   * Task type → whether a caller's `traceparent` becomes the parent of the task's trace or is linked from it, where the post
   * itself does not say. Decided and kept as this process posts. Default: linked.
   *
   * @example traceRelations: { article: 'parent' }
   */
  readonly traceRelations?: Readonly<Record<string, TraceRelation>>;
  /**
   * The share of traces, 0 to 1, whose sampled flag is set in the trace context that workers are given: the exporter's
   * `sampleRatio`, so that both keep the same traces. Default 1.
   */
  readonly traceSampleRatio?: number;
  /** Told of what a listener threw; the board goes on. Default: a warning of the process. */
  readonly onListenerError?: (error: unknown) => void;
}

/** The options with every default filled in. */
export type ResolvedBoardOptions = Required<Omit<BoardOptions, 'resumable'>> & Pick<BoardOptions, 'resumable'>;

const WEEK_SECONDS = 7 * 24 * 3600;

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), 'QuadroListenerWarning');
}

function isName(text: string): boolean {
  return typeof text === 'string' && nameFaultsOf(text).length === 0;
}

/** @throws ConfigurationError (`invalid_configuration`) naming every fault. */
export function resolveBoardOptions(options: BoardOptions): ResolvedBoardOptions {
  const { readOnly = false } = options;
  // An option that is spelled `undefined` is not given.
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as BoardOptions;
  const resolved: ResolvedBoardOptions = {
    boardId: 'default',
    lifecycles: [],
    taskTypes: {},
    restoreLifecycles: false,
    taskIds: randomTaskIds(),
    clock: systemClock(),
    readOnly,
    maxBatch: 256,
    maxQueued: 10_000,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    idempotencySeconds: WEEK_SECONDS,
    traceRelations: {},
    traceSampleRatio: 1,
    onListenerError: warn,
    ...given,
    mustExist: options.mustExist ?? readOnly,
  };
  const faults = faultsOf(resolved);
  if (faults.length > 0)
    throw new ConfigurationError('invalid_configuration', faults.join('; '), { details: { faults } });
  return resolved;
}

function faultsOf(options: ResolvedBoardOptions): string[] {
  const { boardId, lifecycles, taskTypes, readOnly } = options;
  const faults = traceFaultsOf(options);
  if (!isName(boardId)) faults.push('boardId must be a text of 1 to 200 bytes, without NUL');
  for (const type of Object.keys(taskTypes)) {
    if (!isName(type)) faults.push('a task type must be a text of 1 to 200 bytes, without NUL');
  }
  for (const name of ['maxBatch', 'maxQueued', 'maxPayloadBytes', 'idempotencySeconds'] as const) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 1) faults.push(`${name} must be a whole number from 1`);
  }
  if (readOnly && (lifecycles.length > 0 || Object.keys(taskTypes).length > 0)) {
    faults.push('a board that only reads registers no lifecycles or task types');
  }
  return faults;
}

function traceFaultsOf({ traceRelations, traceSampleRatio }: ResolvedBoardOptions): string[] {
  const faults: string[] = [];
  const isRatio = typeof traceSampleRatio === 'number' && traceSampleRatio >= 0 && traceSampleRatio <= 1;
  if (!isRatio) faults.push('traceSampleRatio must be a number from 0 to 1');
  for (const [type, relation] of Object.entries(traceRelations)) {
    if (!isName(type)) faults.push('a task type of traceRelations must be a text of 1 to 200 bytes, without NUL');
    if (!TRACE_RELATIONS.includes(relation)) faults.push(`traceRelations: ${type} must be one of link, parent`);
  }
  return faults;
}
