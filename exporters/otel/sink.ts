import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { QuadroError } from '../../board/core/errors.ts';

/** What became of one attempt to send a request. */
export type SendOutcome =
  /** Taken, but for `rejected` spans, at most as many as were sent: the receiver's word is final. */
  | { readonly status: 'sent'; readonly rejected: number; readonly message?: string }
  /** Not taken now; the same request may be taken later. */
  | { readonly status: 'later'; readonly reason: string; readonly retryInMs?: number }
  /** Not taken for its size. */
  | { readonly status: 'too_large'; readonly reason: string }
  /** Never to be taken as it is; `suspects` where that may be the fault of spans in it, not of the request as such. */
  | { readonly status: 'refused'; readonly error: QuadroError; readonly suspects?: SpanRefusal };

/** A refusal that spans may be to blame for. */
export interface SpanRefusal {
  /** The receiver's words. */
  readonly reason: string;
  /** Its HTTP status. */
  readonly status: number;
}

/** Where spans go. It is given one request at a time. */
export interface SpanSink {
  /** What to call it in messages; holds no credentials. */
  readonly location: string;
  /** Loads what it needs, before the first request. @throws ConfigurationError `missing_package`. */
  open?(): Promise<void>;
  /** One attempt; never throws. The signal cuts it off. No spans make an empty request, which asks whether it takes any. */
  send(spans: readonly ReadableSpan[], signal: AbortSignal): Promise<SendOutcome>;
  /** Called once everything was sent, before `close`; where the export failed, it is not. */
  complete?(): Promise<void>;
  /** Lets go of whatever it holds. */
  close(): Promise<void>;
}
