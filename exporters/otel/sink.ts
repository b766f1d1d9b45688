import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { QuadroError } from '../../board/core/errors.ts';

/** What became of one attempt to send a request. */
export type SendOutcome =
  /** Taken, but for `rejected` spans: the receiver's word is final. */
  | { readonly status: 'sent'; readonly rejected: number; readonly message?: string }
  /** Not taken now; the same request may be taken later. */
  | { readonly status: 'later'; readonly reason: string; readonly retryInMs?: number }
  /** Not taken for its size. */
  | { readonly status: 'too_large'; readonly reason: string }
  /** Never to be taken as it is. */
  | { readonly status: 'refused'; readonly error: QuadroError };

/** Where spans go. It is given one request at a time. */
export interface SpanSink {
  /** What to call it in messages; holds no credentials. */
  readonly location: string;
  /** One attempt; never throws. The signal cuts it off. */
  send(spans: readonly ReadableSpan[], signal: AbortSignal): Promise<SendOutcome>;
  /** Called once everything was sent, before `close`; where the export failed, it is not. */
  complete?(): Promise<void>;
  /** Lets go of whatever it holds. */
  close(): Promise<void>;
}
