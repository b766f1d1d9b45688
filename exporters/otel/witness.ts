import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';
import type { Insist } from './insist.ts';

/**
 * Spans that may be refused one after the other, each for itself, with none taken between them. More are likely a receiver
 * that has turned against everything new, and the log is not to be emptied into the dead-letter file.
 */
const MAX_IN_A_ROW = 100;

/** The same while the receiver has taken no span in this run: that it takes an empty request says little. */
const MAX_IN_A_ROW_UNPROVEN = 10;

/** Knows what a receiver took in a run, and so whether a refusal is about the spans or about everything. */
export interface Witness {
  /** Notes that these were taken, or some of them. */
  took(spans: readonly ReadableSpan[]): void;
  /** Notes that a span was refused alone. @throws QuadroError `delivery_failed` where that is one too many in a row. */
  refusedAlone(error: QuadroError): void;
  /**
   * Sees whether the receiver takes anything, right now, but what it refuses: a span that it took before, which is harmless
   * to repeat; an empty request where there is none.
   *
   * @throws QuadroError `delivery_failed` where it does not.
   */
  confirm(error: QuadroError): Promise<void>;
}

/** A witness for one run. */
export function newWitness(insist: Insist): Witness {
  let taken: ReadableSpan | undefined;
  let inARow = 0;
  return {
    took(spans) {
      taken = spans.at(-1);
      inARow = 0;
    },
    refusedAlone(error) {
      inARow += 1;
      const isTooMany = inARow > (taken === undefined ? MAX_IN_A_ROW_UNPROVEN : MAX_IN_A_ROW);
      if (isTooMany) throw becauseOfAll(error, `${inARow} spans in a row were refused`);
    },
    async confirm(error) {
      const outcome = await insist(taken === undefined ? [] : [taken]);
      if (outcome.status === 'sent' && outcome.rejected === 0) return;
      // Such as credentials that were revoked just now: nearer the truth than the refusal that led here.
      if (outcome.status === 'refused' && outcome.suspects === undefined) throw outcome.error;
      const probe = taken === undefined ? 'an empty request' : 'a span that it took before';
      throw becauseOfAll(error, `the receiver refuses ${probe} as well`);
    },
  };
}

function becauseOfAll({ message, cause, details }: QuadroError, why: string): QuadroError {
  const words = `${message}. No span was set aside for it: ${why}. The cursor stays before the refused spans`;
  return new QuadroError('delivery_failed', words, { cause, details });
}
