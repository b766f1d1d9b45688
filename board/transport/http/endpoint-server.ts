import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ConfigurationError, type ErrorCode, errorOf, QuadroError } from '../../core/errors.ts';
import { importPeer } from '../../missing-package.ts';
import { isJsonObject, type ResponseEnvelope } from '../envelope.ts';
import type { EndpointHandler } from '../network.ts';

/** Where to listen for other processes. */
export interface ListenOptions {
  /** Default `127.0.0.1`: nobody else reaches it. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** The bearer token that requests must carry. Default: none is asked for, on a loopback address only. */
  readonly token?: string;
  /** Listens on a public address without a token. Default false. */
  readonly insecure?: boolean;
  /** Largest body in bytes. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** How long a client may take over its headers and body, in seconds. Default 15. */
  readonly requestTimeoutSeconds?: number;
  /**
   * How long a request waits for work to end before it is answered `{ accepted: true }` while the work goes on; the board has
   * its end. Default 1,000.
   */
  readonly acknowledgeMs?: number;
}

/** A server for the endpoints of a process. */
export interface EndpointServer {
  /** Where it listens, such as `http://127.0.0.1:9001`. */
  readonly url: string;
  /** Takes no more requests, and answers those that are under way. */
  close(): Promise<void>;
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[?::1\]?|localhost)$/;

const STATUS: Partial<Record<ErrorCode, number>> = {
  unauthorized: 401,
  endpoint_not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid_payload: 400,
};

const CODE_OF_FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares in constant time, whatever the lengths. */
function isAuthorized(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

function checkListen({ host = '127.0.0.1', token, insecure = false }: ListenOptions): void {
  if (token === '') throw new ConfigurationError('invalid_configuration', 'token must not be empty');
  if (LOOPBACK.test(host) || token !== undefined || insecure) return;
  throw new ConfigurationError(
    'invalid_configuration',
    `Endpoints on ${host} can be reached by others: give a token, or say insecure: true`,
  );
}

/** What stopped a request, as an error of ours; anything else says nothing of the inside. */
function refusalOf(error: Error & { readonly statusCode?: number; readonly code?: string }): QuadroError {
  if (error instanceof QuadroError) return error;
  const code = CODE_OF_FASTIFY[error.code ?? ''];
  if (code !== undefined) return errorOf(code, error.message);
  if ((error.statusCode ?? 500) < 500) return errorOf('invalid_payload', 'The request cannot be read: send JSON');
  return errorOf('internal_error', 'internal error');
}

function send(reply: FastifyReply, error: QuadroError): FastifyReply {
  const { code, message } = error;
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="quadro"');
  if (code === 'method_not_allowed') reply.header('allow', 'POST');
  const { body, id } = reply.request;
  const given = isJsonObject(body) ? body.request_id : null;
  const request_id = typeof given === 'string' ? given : id;
  return reply.code(STATUS[code] ?? 500).send({ request_id, ok: false, result: {}, error: message, error_code: code });
}

/** Work may take hours; whoever sent it needs to know only that it arrived. */
async function answerSoon(handler: EndpointHandler, body: unknown, acknowledgeMs: number): Promise<ResponseEnvelope> {
  const answered = handler(body);
  const isWork = isJsonObject(body) && body.intent === 'worker.execute_task' && typeof body.request_id === 'string';
  if (!isWork) return answered;
  const waiting = new AbortController();
  const accepted = { request_id: String(body.request_id), ok: true, result: { accepted: true }, error: null };
  const late = sleep(acknowledgeMs, accepted, { signal: waiting.signal }).catch(() => accepted);
  try {
    return await Promise.race([answered, late]);
  } finally {
    waiting.abort();
  }
}

type EndpointAt = (path: string) => EndpointHandler | undefined;

function addRoutes(app: FastifyInstance, endpointAt: EndpointAt, options: ListenOptions): void {
  const { token, insecure = false, acknowledgeMs = 1000 } = options;
  app.addHook('onRequest', async ({ headers, hostname }) => {
    // Without a token only this machine is trusted; a name that leads here from outside (DNS rebinding) is a web page's.
    const isTrusted =
      token === undefined ? insecure || LOOPBACK.test(hostname) : isAuthorized(headers.authorization, token);
    if (isTrusted) return;
    throw errorOf('unauthorized', 'This endpoint needs its token: Authorization: Bearer …');
  });
  const handle = async (request: FastifyRequest): Promise<ResponseEnvelope> => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const handler = endpointAt(path);
    if (handler === undefined) throw errorOf('endpoint_not_found', `No endpoint registered at ${path}`);
    if (request.method !== 'POST') throw errorOf('method_not_allowed', 'Endpoints take POST');
    return answerSoon(handler, request.body, acknowledgeMs);
  };
  app.all('/*', handle);
  app.setErrorHandler<Error>((error, _request, reply) => send(reply, refusalOf(error)));
}

/**
 * Serves endpoints of this process, each under its path.
 *
 * @throws ConfigurationError (`invalid_configuration`) for a public host without a token; (`missing_package`).
 */
export async function listenForEndpoints(endpointAt: EndpointAt, options: ListenOptions): Promise<EndpointServer> {
  checkListen(options);
  const { host = '127.0.0.1', port = 0, bodyLimitBytes = 1_048_576, requestTimeoutSeconds = 15 } = options;
  const { fastify } = await importPeer('fastify', () => import('fastify'));
  const app = fastify({ bodyLimit: bodyLimitBytes, requestTimeout: requestTimeoutSeconds * 1000, logger: false });
  addRoutes(app, endpointAt, options);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw new ConfigurationError(
      'invalid_configuration',
      `Endpoints cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
  const {
    address,
    family,
    port: taken,
  } = app.addresses().find(each => typeof each === 'object') ?? { address: host, family: '', port };
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: async () => {
      await app.close();
    },
  };
}
