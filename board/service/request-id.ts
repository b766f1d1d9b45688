import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** 1 to 200 printable ASCII characters: safe in a header and in a log. */
const REQUEST_ID = /^[\x20-\x7e]{1,200}$/;

/** The id a client gave its request in `X-Request-Id`, else a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
