import type { Socket } from 'node:net';
import type { ResolvedServerOptions } from './server-options.ts';

/** How much longer than a statement may take a connection may be silent, in milliseconds: then the server is gone. */
const GRACE_MS = 5_000;

/**
 * Ends a connection on which nothing has come or gone for so long, so that whatever waits for it is told that it is lost: the
 * server's own time-outs end with the server.
 */
export function endWhenSilent(
  stream: Socket,
  { statementTimeoutMs }: Pick<ResolvedServerOptions, 'statementTimeoutMs'>,
): void {
  stream.setTimeout(statementTimeoutMs + GRACE_MS, () => stream.destroy());
}
