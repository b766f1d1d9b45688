import { patiently } from './patiently.ts';
import { openSource, type Source } from './source.ts';

/** Opens a SOURCE, and waits for as long as its database server is away: for commands that stay. */
export function openPatiently(
  text: string,
  options: { board?: string | undefined },
  signal: AbortSignal,
): Promise<Source> {
  return patiently(() => openSource(text, options), signal);
}
