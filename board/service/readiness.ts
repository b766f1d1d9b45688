import type { Board } from '../board.ts';
import { QuadroError, quadroErrorOf } from '../core/errors.ts';
import { publicErrorOf } from './public-error.ts';
import type { ReadinessCheck } from './service-options.ts';

/** How long a check may take: a probe that waits longer has its answer. */
const CHECK_MS = 3_000;

/** What a check found. */
export interface CheckedPart {
  readonly name: string;
  readonly ok: boolean;
  readonly duration_ms: number;
  /** Why not; null where it is well. */
  readonly error: string | null;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** The board's database answers for its row. */
export function databaseCheck(board: Board): ReadinessCheck {
  return {
    name: 'database',
    check: async () => {
      const { next_sequence_id } = await board.board().catch(error => Promise.reject(quadroErrorOf(error)));
      return { backend: board.backendName, next_sequence_id };
    },
  };
}

/** A check's own sentence is for people; an error of ours may name a place. */
function sentenceOf(error: unknown): string {
  if (error instanceof QuadroError) return publicErrorOf(error).message;
  return error instanceof Error ? error.message : String(error);
}

async function checkedPart({ name, check }: ReadinessCheck): Promise<CheckedPart> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(CHECK_MS);
  const tookTooLong = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`${name} gave no answer within ${CHECK_MS / 1000} s`)), {
      once: true,
    });
  });
  const part = (ok: boolean, error: string | null, facts: CheckedPart['facts']): CheckedPart => {
    return { name, ok, duration_ms: Math.round(performance.now() - startedAt), error, facts };
  };
  try {
    return part(true, null, await Promise.race([check(signal), tookTooLong]));
  } catch (error) {
    return part(false, sentenceOf(error), {});
  }
}

/**
 * Asks every check, all at once. Questions that come meanwhile share the answer: probes cost the database one read at a time,
 * however many ask.
 */
export function sharedReadiness(checks: readonly ReadinessCheck[]): () => Promise<readonly CheckedPart[]> {
  let asking: Promise<readonly CheckedPart[]> | null = null;
  return () => {
    asking ??= Promise.all(checks.map(checkedPart)).finally(() => {
      asking = null;
    });
    return asking;
  };
}
