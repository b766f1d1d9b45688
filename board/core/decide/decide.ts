import { errorOf, QuadroError, quadroErrorOf } from '../errors.ts';
import type { Intent, ParamsOf, ResultOf } from '../intents.ts';
import type { JsonObject } from '../json.ts';
import type { BoardRecord } from '../records.ts';
import type { Micros } from '../time.ts';
import type { Decision, Snapshot, TransactKeys } from '../transaction.ts';
import { postAgentHeartbeat, registerAgent, setAgentOffline } from './agents.ts';
import type { Command, Outcome, WriteIntent } from './command.ts';
import { acquireLease, checkLease, releaseLease } from './leases.ts';
import { postTasks } from './post-tasks.ts';
import type { ProfileRegistry } from './profiles.ts';
import { appendFlightLog, deleteData, putData, recordCycle, recordTick } from './records.ts';
import { archiveTask, postResult, postTask, updateTask } from './tasks.ts';
import { Draft, type Effect, type View } from './view.ts';

type Handlers = { readonly [I in WriteIntent]: (view: View, command: Command<I>) => Effect<ResultOf<I>> };

const HANDLERS: Handlers = {
  'board.post_task': postTask,
  'board.post_tasks': postTasks,
  'board.update_task': updateTask,
  'board.register_agent': registerAgent,
  'board.post_agent_heartbeat': postAgentHeartbeat,
  'board.put_data': putData,
  'board.delete_data': deleteData,
  'board.archive_task': archiveTask,
  'worker.post_result': postResult,
  'board.append_flight_log': appendFlightLog,
  'board.record_cycle': recordCycle,
  'board.record_tick': recordTick,
  'board.set_agent_offline': setAgentOffline,
  'board.acquire_lease': acquireLease,
  'board.release_lease': releaseLease,
};

/** What deciding needs besides the snapshot; all of it passed in, so that the same input gives the same rows. */
export interface DecideContext {
  readonly profiles: ProfileRegistry;
  readonly now: Micros;
  /** How long an idempotency key is remembered. */
  readonly idempotencyTtlUs: number;
  /** Whether this transaction also deletes the keys that are older. */
  readonly expiresIdempotency: boolean;
}

const LEASE_INTENTS: ReadonlySet<Intent> = new Set<Intent>(['board.acquire_lease', 'board.release_lease']);

/** What a batch of commands must read before it can be decided. */
export function keysOf(boardId: string, commands: readonly Command[], profilesVersion: number): TransactKeys {
  const taskIds = new Set<string>();
  const agentIds = new Set<string>();
  const dataKeys = new Set<string>();
  const idempotencyKeys = new Set<string>();
  for (const { intent, params, idempotencyKey } of commands) {
    const { task_id, agent_id, assigned_to, key } = params as Record<string, unknown>;
    if (typeof task_id === 'string') taskIds.add(task_id);
    if (typeof agent_id === 'string') agentIds.add(agent_id);
    if (typeof assigned_to === 'string') agentIds.add(assigned_to);
    // A put overwrites whatever is there; only a delete tells whether something was.
    if (typeof key === 'string' && intent === 'board.delete_data') dataKeys.add(key);
    if (intent === 'board.post_tasks') {
      for (const task of (params as ParamsOf<'board.post_tasks'>).tasks) if (task.task_id) taskIds.add(task.task_id);
    }
    if (idempotencyKey !== null) idempotencyKeys.add(idempotencyKey);
  }
  return {
    board_id: boardId,
    task_ids: [...taskIds],
    agent_ids: [...agentIds],
    data_keys: [...dataKeys],
    idempotency_keys: [...idempotencyKeys],
    profiles_version: profilesVersion,
    reads_leases: commands.some(({ intent, lease }) => lease !== null || LEASE_INTENTS.has(intent)),
  };
}

/** Whether an intent writes, and so goes through the commit queue. */
export function isWriteIntent(intent: Intent): intent is WriteIntent {
  return Object.hasOwn(HANDLERS, intent);
}

function handle<I extends WriteIntent>(view: View, command: Command<I>): Effect<ResultOf<I>> {
  return HANDLERS[command.intent](view, command);
}

function repeated(draft: Draft, command: Command, context: DecideContext): ResultOf<WriteIntent> | null {
  const { idempotencyKey, fingerprint } = command;
  if (idempotencyKey === null) return null;
  const known = draft.findIdempotency(idempotencyKey);
  if (known === undefined || known.created_at < draft.now - context.idempotencyTtlUs) return null;
  if (known.fingerprint === fingerprint) return known.result as unknown as ResultOf<WriteIntent>;
  throw errorOf('idempotency_conflict', `Idempotency key ${idempotencyKey} was already used with another payload`, {
    details: { idempotency_key: idempotencyKey },
  });
}

function run(draft: Draft, command: Command, context: DecideContext): Outcome {
  try {
    const first = repeated(draft, command, context);
    if (first !== null) return { result: first, error: null };
    checkLease(draft, command.lease);
    const effect = handle(draft, command);
    const created_at = draft.now;
    const { board } = draft;
    draft.apply(effect);
    const { idempotencyKey, fingerprint } = command;
    // What changed nothing is not kept: whether it were would depend on what else is in the batch.
    if (idempotencyKey !== null && fingerprint !== null && draft.board !== board) {
      const result = effect.result as unknown as JsonObject;
      draft.remember({ idempotency_key: idempotencyKey, fingerprint, result, created_at });
    }
    return { result: effect.result, error: null };
  } catch (error) {
    // A fault of ours must not be taken for a refusal: it fails the batch, and nothing is written.
    if (error instanceof QuadroError) return { result: null, error };
    throw quadroErrorOf(error);
  }
}

/**
 * Decides a batch in order over one evolving snapshot (invariant 8): the second command with a key sees the first's
 * result, the second on a task sees the first's status, and a refusal touches nothing else.
 */
export function decide(
  snapshot: Snapshot & { readonly board: BoardRecord },
  commands: readonly Command[],
  context: DecideContext,
): Decision<readonly Outcome[]> {
  const draft = new Draft(snapshot, context.profiles, context.now);
  const outcomes = commands.map(command => run(draft, command, context));
  const expired = context.expiresIdempotency ? context.now - context.idempotencyTtlUs : null;
  const isUntouched = draft.board === snapshot.board && expired === null;
  return { changes: isUntouched ? null : draft.changes(expired), result: outcomes };
}
