import { QuadroError } from '../../board/core/errors.ts';
import type { SettledOutcome } from './insist.ts';
import type { SpanRefusal } from './sink.ts';

/** The HTTP status of what is refused for its size. */
export const TOO_LARGE = 413;

/** A refusal for what is in the request: its spans are worth sending in smaller parts. */
export interface Refusal extends SpanRefusal {
  /** What to throw where that turns out to be wrong. */
  readonly error: QuadroError;
}

/**
 * What to make of a request that was not taken.
 *
 * @throws QuadroError where it ends the export: it is not the spans' fault, or they cannot be set aside.
 */
export function refusalOf(
  outcome: Exclude<SettledOutcome, { status: 'sent' }>,
  spans: number,
  canSetAside: boolean,
): Refusal {
  if (outcome.status === 'refused') return refusedForSpans(outcome, canSetAside);
  const { reason } = outcome;
  const words = `${reason} to a single span: raise the receiver's request size limit`;
  const error = new QuadroError('delivery_failed', words, { details: { status: TOO_LARGE, spans } });
  if (spans === 1 && !canSetAside) throw withAdvice(error);
  return { reason, status: TOO_LARGE, error };
}

function refusedForSpans(
  { error, suspects }: Extract<SettledOutcome, { status: 'refused' }>,
  canSetAside: boolean,
): Refusal {
  if (suspects === undefined) throw error;
  if (!canSetAside) throw withAdvice(error);
  return { ...suspects, error };
}

function withAdvice({ message, cause, details }: QuadroError): QuadroError {
  const advice = 'where single spans are at fault, give a deadLetterFile (--dead-letter), and the rest goes on';
  return new QuadroError('delivery_failed', `${message}; ${advice}`, { cause, details });
}
