import { QuadroError } from '../board/core/errors.ts';
import { pause } from '../exporters/feed/pause.ts';
import { Interrupted } from './exit.ts';
import { printable } from './output.ts';
import { openSource, type Source } from './source.ts';

/** What a database that is away, or comes up, says. */
const PASSING: ReadonlySet<string> = new Set(['storage_unavailable', 'storage_busy']);
const RETRY_MS = 5_000;

/** Opens a SOURCE, and waits for as long as its database server is away: for commands that stay. */
export async function openPatiently(
  text: string,
  options: { board?: string | undefined },
  signal: AbortSignal,
): Promise<Source> {
  for (let isTold = false; !signal.aborted; isTold = true) {
    try {
      return await openSource(text, options);
    } catch (error) {
      if (!(error instanceof QuadroError) || !PASSING.has(error.code)) throw error;
      if (!isTold) process.stderr.write(`waiting, and trying again: ${printable(error.message)}\n`);
      await pause(RETRY_MS, signal);
    }
  }
  throw new Interrupted();
}
