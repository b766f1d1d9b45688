import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorOf, type QuadroError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { failure } from '../transport/envelope.ts';
import { retryAfterSeconds, statusOf } from './http-status.ts';
import { isInternal, publicErrorOf, requestErrorOf } from './public-error.ts';
import type { ServiceContext } from './service-context.ts';

/** The body of an answer that is an error. */
export function errorBody(error: QuadroError, requestId: string): JsonObject {
  const details = error.details as JsonObject;
  return {
    error: error.message,
    error_code: error.code,
    request_id: requestId,
    ...(Object.keys(details).length > 0 && { details }),
  };
}

/**
 * Makes a reply the refusal of its request: status, headers, the log's line where the sentence stays inside. Gives the error
 * as outsiders may read it.
 */
export function refuse(
  context: ServiceContext,
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
): QuadroError {
  const error = requestErrorOf(thrown);
  request.refusedWith ??= error.code;
  context.counters.refused(error.code);
  if (isInternal(error)) context.log.failure(request.id, error);
  reply.code(statusOf(error.code));
  const seconds = retryAfterSeconds(error.code);
  if (seconds !== null && !reply.hasHeader('retry-after')) reply.header('retry-after', seconds);
  if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="quadro"');
  if (error.code === 'closed') reply.header('connection', 'close');
  return publicErrorOf(error);
}

/** Path → the methods it has, by the patterns of the routes. */
function methodsByPath(app: FastifyInstance): (path: string) => readonly string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replace(/[.+]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`);
    routes.push({ pattern, methods: [method].flat() });
  });
  return path => [...new Set(routes.flatMap(({ pattern, methods }) => (pattern.test(path) ? methods : [])))].sort();
}

/** Answers everything that goes wrong with JSON that carries a code. Comes before the routes. */
export function addErrorAnswers(app: FastifyInstance, context: ServiceContext): void {
  const methodsOf = methodsByPath(app);
  const send = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = refuse(context, request, reply, thrown);
    if (request.routeOptions.config.access === 'envelope') return reply.send(failure(request.id, error));
    return reply.send(errorBody(error, request.id));
  };
  app.setErrorHandler<FastifyError>((error, request, reply) => send(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request.url.split('?', 1)[0] ?? '');
    if (allowed.length === 0) {
      return send(errorOf('route_not_found', 'There is no such address; /openapi.json lists all'), request, reply);
    }
    reply.header('allow', allowed.join(', '));
    return send(errorOf('method_not_allowed', `This address takes ${allowed.join(', ')}`), request, reply);
  });
}
