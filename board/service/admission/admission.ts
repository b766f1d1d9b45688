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
  readonly request_id: string;
  readonly signal: AbortSignal;
}
