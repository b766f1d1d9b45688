import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorOf, type QuadroError, quadroErrorOf } from '../core/errors.ts';
import { checkPermission } from './access.ts';
import type { Caller, Permission } from './caller.ts';
import { auditRefusal } from './perform.ts';
import type { ServiceContext } from './service-context.ts';

/** What a route asks of a caller before it is reached. `envelope`: any token; the intent says the rest. */
export type RouteAccess = 'public' | 'envelope' | Permission;

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes, and before it is known. */
    caller: Caller | null;
    /** Where its answer goes. */
    response: ServerResponse | null;
    /** The code this request was refused with. */
    refusedWith: QuadroError['code'] | null;
  }
  interface FastifyContextConfig {
    /** Nobody but `admin` reaches a route that does not say. */
    access?: RouteAccess;
    /** Not counted by the rate limit; public ones are answered while the service stops. */
    isUnlimited?: (request: FastifyRequest) => boolean;
    /** The intent that the route carries out. */
    intent?: import('../core/intents.ts').Intent;
  }
}

const WINDOW_MS = 60_000;

type Limiter = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Counts the requests of each client: by token, else by address. */
function limiterOf(app: FastifyInstance, max: number): Limiter {
  const byAddress = app.createRateLimit({ max, timeWindow: WINDOW_MS });
  const byToken = app.createRateLimit({
    max,
    timeWindow: WINDOW_MS,
    keyGenerator: ({ caller }) => caller?.token_id ?? '',
  });
  return async (request, reply) => {
    const limit = await (request.caller?.token_id == null ? byAddress(request) : byToken(request));
    if (limit.isAllowed) return;
    reply.header('ratelimit-limit', limit.max);
    reply.header('ratelimit-remaining', limit.remaining);
    reply.header('ratelimit-reset', limit.ttlInSeconds);
    if (!limit.isExceeded) return;
    reply.header('retry-after', limit.ttlInSeconds);
    throw errorOf('rate_limited', `More than ${max} requests in a minute; try again in ${limit.ttlInSeconds} s`, {
      details: { requests_per_minute: max },
    });
  };
}

/** A query is decoded leniently by the library: what it could not read would pass as another text. */
function checkQuery(url: string): void {
  const query = url.indexOf('?');
  if (query === -1 || !url.includes('%', query)) return;
  try {
    decodeURIComponent(url.slice(query));
  } catch {
    throw errorOf('invalid_payload', "The address's query is not valid: its percent-encoding is broken");
  }
}

/**
 * What every request passes before its body is read: is the service still serving, whose request is it, did that client send
 * too many, may it do this. A wrong token counts against its address, so that guessing is slow.
 */
export function addGate(app: FastifyInstance, context: ServiceContext): void {
  const { access, options } = context;
  const limit = options.requestsPerMinute === 0 ? null : limiterOf(app, options.requestsPerMinute);
  app.decorateRequest('caller', null);
  app.decorateRequest('response', null);
  app.decorateRequest('refusedWith', null);
  app.addHook('onRequest', async (request, reply) => {
    const { access: needed = 'admin', intent, isUnlimited: exempts } = request.routeOptions.config;
    const isUnlimited = exempts?.(request) === true;
    const isPublic = request.is404 || needed === 'public';
    if (context.phase === 'stopping' && !(isPublic && isUnlimited)) throw errorOf('closed', 'The service is stopping');
    let denied: QuadroError | null = null;
    if (!isPublic) {
      try {
        request.caller = await access.callerOf(request.headers);
      } catch (error) {
        denied = quadroErrorOf(error);
      }
    }
    if (limit !== null && !isUnlimited) await limit(request, reply);
    if (denied !== null) throw denied;
    if (request.headers.host === undefined) throw errorOf('invalid_payload', 'The request has no Host header');
    checkQuery(request.raw.url ?? '');
    if (request.caller === null || isPublic || needed === 'envelope') return;
    try {
      checkPermission(request.caller, needed);
    } catch (error) {
      if (intent !== undefined) auditRefusal(context, request, intent, quadroErrorOf(error));
      throw error;
    }
  });
}
