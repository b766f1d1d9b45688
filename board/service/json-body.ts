import type { FastifyInstance } from 'fastify';
import { errorOf } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { isJsonObject } from '../transport/envelope.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parse(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch {
    throw errorOf('invalid_text', 'The body is not valid UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own sentence quotes the body.
    throw errorOf('invalid_payload', 'The body is not valid JSON');
  }
}

/**
 * Reads bodies as JSON and nothing else. What they hold is the board's to check: no key is dropped or refused here that a
 * payload may have.
 */
export function addJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    parse(body),
  );
}

/** @throws ValidationError (`invalid_payload`) where a body is no JSON object. */
export function objectOf(body: unknown): JsonObject {
  if (isJsonObject(body)) return body;
  const is = body === undefined ? 'there is none' : 'it is not';
  throw errorOf('invalid_payload', `The body must be a JSON object, and ${is}`);
}
