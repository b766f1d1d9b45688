import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, QuadroError } from '../core/errors.ts';

/** How long to wait before each further attempt. */
const DELAYS_MS = [100, 200, 400, 800, 1600];

/** What passes: the board was too busy, or not to be reached, and wrote nothing that the fence would not tell. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'overloaded',
  'storage_busy',
  'storage_failed',
  'storage_unavailable',
  'storage_uncertain',
  'endpoint_not_found',
  'delivery_failed',
]);

function isPassing(error: unknown): boolean {
  return error instanceof QuadroError ? PASSING.has(error.code) : true;
}

/** Runs a write again where its failure is one that passes: work of hours is not given up for a full queue. */
export async function retried<Result>(write: () => Promise<Result>): Promise<Result> {
  for (const delay of DELAYS_MS) {
    try {
      return await write();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(delay);
    }
  }
  return write();
}
