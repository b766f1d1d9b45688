import { randomInt } from 'node:crypto';

/** Mints ids for tasks whose poster gives none (Q22). Any object with this method will do. */
export interface TaskIdProvider {
  /** An id that is not in `existing`: the ids this call has found taken or gives to its other tasks. */
  generate(existing: ReadonlySet<string>): string;
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** How often an id is minted anew when the board has it already. */
export const MAX_ID_ATTEMPTS = 100;

/**
 * Random ids of `[0-9a-z]`.
 *
 * @param length Default 5: sixty million ids; take 8 for a board of millions of tasks.
 * @example randomTaskIds(8).generate(new Set()) // 'k3x09qzt'
 */
export function randomTaskIds(length = 5): TaskIdProvider {
  return {
    generate: () => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''),
  };
}
