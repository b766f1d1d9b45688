import type { PostTaskParams } from '../../core/intents.ts';
import type { Caller } from '../caller.ts';

/** What an admission hook says of a task before it is posted. */
export type Admission =
  | { readonly verdict: 'allow' }
  /** No task is made; the caller gets 403 with the reason, and the audit log a line. */
  | { readonly verdict: 'refuse'; readonly reason: string }
  /** The task is posted and stands in ON_HOLD at once, with the reason in its notes. */
  | { readonly verdict: 'hold'; readonly reason: string };

/** Asked before every post; what it throws is a refusal of the whole request (`admission_unavailable`). */
export type Admit = (task: PostTaskParams, by: AdmissionRequest) => Promise<Admission> | Admission;

/** Who wants a task posted. */
export interface AdmissionRequest {
  readonly caller: Pick<Caller, 'name' | 'token_id'>;
  /** The request's own; for a task of a bulk with its place, such as `3f2a/0`. */
  readonly request_id: string;
  /** The key the post is sent under, and sent again under. */
  readonly idempotency_key: string | null;
  /** Aborted once nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}
