import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { ErrorCode } from '../../core/errors.ts';
import type { Intent } from '../../core/intents.ts';
import type { RouteAccess } from '../gate.ts';
import { type DocumentedAnswer, errorAnswers } from '../schemas/errors.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** What a caller needs, in the document. */
    'x-permission'?: string;
  }
}

/** A route: what it takes, who may, and everything it can answer. The OpenAPI document is made of these. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly access: RouteAccess;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'Tasks' | 'Board' | 'Agents' | 'Envelope' | 'Service';
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly headers?: TSchema;
  readonly body?: TSchema;
  readonly intent?: Intent;
  /** The requests that the rate limit does not count; public ones are answered while the service stops. Default: none. */
  readonly isUnlimited?: (request: FastifyRequest) => boolean;
  readonly hasHead?: boolean;
  /** Answers that are no errors, by status. */
  readonly answers: Readonly<Record<number, DocumentedAnswer>>;
  /** The codes it can be refused with, beside those that every route of its kind can. */
  readonly codes?: readonly ErrorCode[];
  handle(request: FastifyRequest, reply: FastifyReply): unknown;
}

/** What any use of the board can end with. */
const BOARD_CODES: readonly ErrorCode[] = [
  'storage_busy',
  'storage_unavailable',
  'storage_failed',
  'storage_access_denied',
  'internal_error',
];

/** What any body can be refused with. */
const BODY_CODES: readonly ErrorCode[] = [
  'invalid_payload',
  'invalid_text',
  'payload_too_large',
  'unsupported_media_type',
];

/** What any write can end with besides. */
const WRITE_CODES: readonly ErrorCode[] = ['overloaded', 'storage_full', 'storage_uncertain'];

/** What a board that cannot be written says; in an envelope, with status 200. */
const READ_ONLY_CODES: readonly ErrorCode[] = ['storage_read_only', 'board_read_only'];

function codesOf({ access, method, querystring, params, isUnlimited, codes = [] }: Route): Set<ErrorCode> {
  const isPost = method === 'POST';
  return new Set<ErrorCode>([
    ...(isUnlimited ? [] : (['closed', 'rate_limited'] as const)),
    ...(access === 'public' ? [] : (['unauthorized', 'forbidden', ...BOARD_CODES] as const)),
    ...(isPost ? [...BODY_CODES, ...WRITE_CODES] : []),
    ...(isPost && access !== 'envelope' ? READ_ONLY_CODES : []),
    ...(querystring || params ? (['invalid_payload'] as const) : []),
    ...codes,
  ]);
}

/** Adds a route to the service and to its document. */
export function addRoute(app: FastifyInstance, route: Route): void {
  const { method, url, access, summary, description, tag, params, querystring, headers, body, answers } = route;
  const { isUnlimited, hasHead = false, intent } = route;
  app.route({
    method,
    url,
    exposeHeadRoute: hasHead,
    config: { access, ...(isUnlimited && { isUnlimited }), ...(intent && { intent }) },
    schema: {
      summary,
      ...(description && { description }),
      tags: [tag],
      ...(params && { params }),
      ...(querystring && { querystring }),
      ...(headers && { headers }),
      ...(body && { body }),
      'x-permission': access === 'envelope' ? 'of the intent' : access,
      security: access === 'public' ? [] : [{ bearer: [] }],
      response: { ...errorAnswers(codesOf(route), access === 'envelope'), ...answers },
    },
    handler: (request, reply) => route.handle(request, reply),
  });
}
