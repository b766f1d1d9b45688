import { QuadroError } from '../board/core/errors.ts';
import { pause } from '../exporters/feed/pause.ts';
import { Interrupted } from './exit.ts';
import { printable } from './output.ts';

/** What a database that is away, or comes up, says. */
const PASSING: ReadonlySet<string> = new Set(['storage_unavailable', 'storage_busy']);
const RETRY_MS = 5_000;

/**
 * Does something that needs a database, again and again for as long as its server is away: for commands that stay.
 *
 * @throws Interrupted where the signal aborts first.
 */
export async function patiently<Result>(attempt: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (let isTold = false; !signal.aborted; isTold = true) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof QuadroError) || !PASSING.has(error.code)) throw error;
      if (!isTold) process.stderr.write(`waiting, and trying again: ${printable(error.message)}\n`);
      await pause(RETRY_MS, signal);
    }
  }
  throw new Interrupted();
}
