import type { QuadroError } from '../errors.ts';
import type { Intent, LeaseToken, ParamsOf, ResultOf } from '../intents.ts';

/** The intents that write; every other one reads. */
export type WriteIntent = Extract<
  Intent,
  | 'board.post_task'
  | 'board.post_tasks'
  | 'board.update_task'
  | 'board.register_agent'
  | 'board.post_agent_heartbeat'
  | 'board.put_data'
  | 'board.delete_data'
  | 'board.archive_task'
  | 'worker.post_result'
  | 'board.append_flight_log'
  | 'board.record_cycle'
  | 'board.record_tick'
  | 'board.set_agent_offline'
  | 'board.acquire_lease'
  | 'board.release_lease'
>;

/** The intents an idempotency key is honoured for. */
export const IDEMPOTENT_INTENTS: ReadonlySet<Intent> = new Set<Intent>([
  'board.post_task',
  'board.post_tasks',
  'board.update_task',
  'board.post_agent_heartbeat',
  'worker.post_result',
]);

/** An intent on its way to be decided: its payload, checked, and who asks on whose behalf. */
export interface Command<I extends WriteIntent = WriteIntent> {
  readonly intent: I;
  readonly params: ParamsOf<I>;
  readonly idempotencyKey: string | null;
  /** SHA-256 of intent and payload; null without a key. */
  readonly fingerprint: string | null;
  readonly actor: string | null;
  readonly cycleId: string | null;
  readonly tickId: string | null;
  readonly lease: LeaseToken | null;
}

/** What became of a command. */
export type Outcome =
  | { readonly result: ResultOf<WriteIntent>; readonly error: null }
  | { readonly result: null; readonly error: QuadroError };
