import type { Intent } from '../../core/intents.ts';
import type { JsonObject } from '../../core/json.ts';

/**
 * Whether an intent may be sent again where nobody knows if it was carried out. `read`: it changes nothing. `keyed`: under
 * its idempotency key it happens once. `safe`: once more makes no difference. `never`: it would happen twice.
 */
export type Repeat = 'read' | 'keyed' | 'safe' | 'never';

/** The same of each intent, with the reason where it is not plain; docs/agents.md has the table. */
export const REPEAT: Readonly<Record<Intent, Repeat>> = {
  'board.get_task': 'read',
  'board.get_full_state': 'read',
  'board.list_tasks_by_status': 'read',
  'board.stream_events': 'read',
  'board.get_data': 'read',
  'board.list_data': 'read',
  'board.get_task_history': 'read',
  'board.get_agent_activity': 'read',
  'board.flight_plan': 'read',
  'board.get_open_state': 'read',
  'board.list_leases': 'read',
  'board.post_task': 'keyed',
  'board.post_tasks': 'keyed',
  'board.update_task': 'keyed',
  'board.post_agent_heartbeat': 'keyed',
  'worker.post_result': 'keyed',
  // The same card again.
  'board.register_agent': 'safe',
  // As if the caller had written a moment later; under a lease, only while that is held.
  'board.put_data': 'safe',
  // Its answer would say that there was nothing to delete, and it would take what somebody else has put meanwhile.
  'board.delete_data': 'never',
  // Archived it stays; the answer of the second time says that it was already.
  'board.archive_task': 'safe',
  // Logs without keys.
  'board.append_flight_log': 'never',
  'board.record_cycle': 'never',
  'board.record_tick': 'never',
  // Whoever has shown a sign of life since is not touched, and whoever shows one later is back.
  'board.set_agent_offline': 'safe',
  // For its holder a renewal, under the same term.
  'board.acquire_lease': 'safe',
  // The second time there is nothing to release under that term.
  'board.release_lease': 'safe',
  // An agent that knows no fences would do the work twice; the board tells whether it was begun, and the Chief sends it anew.
  'worker.execute_task': 'never',
  // A wake too many finds nothing to do.
  'chief.wake': 'safe',
};

/** Intents that agents answer; every other one is a board's. */
const FOR_AGENTS: ReadonlySet<Intent> = new Set<Intent>(['worker.execute_task', 'chief.wake']);

/** The longest that a beat, or a word about leases, may take: the next one says the same. */
const SIGN_OF_LIFE_MS = 10_000;
/** How long a request to an agent is repeated, and a parting word to a board. */
const SHORT_PATIENCE_MS = 5_000;
/** What goes into a lease's time: a renewal that hangs must leave time for others. */
const RENEWALS_A_LEASE = 4;

/** What applies where nothing is said of an intent. */
export interface Timing {
  readonly timeoutMs: number;
  readonly patienceMs: number;
  readonly agentTimeoutMs: number;
}

/** How a request is carried. */
export interface Handling {
  readonly repeat: Repeat;
  readonly isForAgent: boolean;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** How long it is tried again. */
  readonly patienceMs: number;
}

function times(intent: Intent, payload: JsonObject, timing: Timing): Pick<Handling, 'timeoutMs' | 'patienceMs'> {
  const { timeoutMs, patienceMs, agentTimeoutMs } = timing;
  const brief = {
    timeoutMs: Math.min(timeoutMs, SIGN_OF_LIFE_MS),
    patienceMs: Math.min(patienceMs, SHORT_PATIENCE_MS),
  };
  if (FOR_AGENTS.has(intent)) return { timeoutMs: agentTimeoutMs, patienceMs: brief.patienceMs };
  if (intent === 'board.acquire_lease') {
    // Whoever keeps a lease tries again by itself, and knows how long that makes sense.
    const turn = Math.max(Number(payload.duration_ms) / RENEWALS_A_LEASE, 1) || timeoutMs;
    return { timeoutMs: Math.min(timeoutMs, turn), patienceMs: 0 };
  }
  const isBeat = intent === 'board.post_agent_heartbeat' && payload.claim !== true;
  const isBrief = isBeat || intent === 'board.list_leases' || intent === 'board.release_lease';
  if (isBrief || intent === 'board.set_agent_offline') return brief;
  return { timeoutMs, patienceMs };
}

/** How a request is carried, by its intent. */
export function handlingOf(intent: Intent, payload: JsonObject, timing: Timing): Handling {
  return { repeat: REPEAT[intent], isForAgent: FOR_AGENTS.has(intent), ...times(intent, payload, timing) };
}
