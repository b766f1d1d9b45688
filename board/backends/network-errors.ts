import type { ErrorCode } from '../core/errors.ts';

/** What the network says where no server can be reached: system code → our code, and what to do about it. */
export const NETWORK_MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ECONNREFUSED: ['storage_unavailable', 'no server answers there; check that it runs, and the host and port'],
  // A Unix socket.
  ENOENT: ['storage_unavailable', 'no server answers there; check that it runs, and the path of its socket'],
  EACCES: ['storage_access_denied', 'this process may not use the socket of the server; check its rights'],
  ENOTFOUND: ['storage_unavailable', 'the host is not known; check its name'],
  EAI_AGAIN: ['storage_unavailable', 'the host cannot be looked up now; check its name and the network'],
  EHOSTUNREACH: ['storage_unavailable', 'the host cannot be reached; check the network'],
  ENETUNREACH: ['storage_unavailable', 'the host cannot be reached; check the network'],
};

/** What sockets say when the other side is gone. */
export const LOST_SOCKET_CODES: readonly string[] = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ESHUTDOWN'];

/** The words of an error; the first cause's where several addresses of a host were tried. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return messageOf(error.errors[0]);
  // OpenSSL ends its messages with a new line.
  return (error instanceof Error ? error.message : String(error)).trim();
}
