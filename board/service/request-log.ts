import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceContext } from './service-context.ts';

function bytesOf(reply: FastifyReply): number | null {
  const length = Number(reply.raw.getHeader('content-length') ?? Number.NaN);
  return Number.isNaN(length) ? null : length;
}

/** Counts a request and logs it when its answer has gone out, or its client has; the answer carries its id. */
export function followRequest(context: ServiceContext, request: FastifyRequest, reply: FastifyReply): void {
  const { counters, log, followed } = context;
  const startedAt = performance.now();
  counters.began();
  followed.set(reply.raw, request);
  request.response = reply.raw;
  reply.header('x-request-id', request.id);
  reply.raw.once('close', () => {
    const route = request.is404 ? null : (request.routeOptions.url ?? null);
    // That answer is written past the reply, which never begins.
    const status = request.refusedWith === 'request_timeout' ? 408 : reply.raw.statusCode;
    counters.ended(request.method, route, status);
    log.request({
      request_id: request.id,
      method: request.method,
      route,
      status,
      duration_ms: Math.round((performance.now() - startedAt) * 1000) / 1000,
      bytes: bytesOf(reply),
      token: request.caller?.name ?? null,
      error_code: request.refusedWith,
      aborted: !reply.raw.writableFinished,
    });
  });
}

/** Follows every request that a route, or none, is found for. */
export function addRequestLog(app: FastifyInstance, context: ServiceContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    followRequest(context, request, reply);
    done();
  });
}
