import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ErrorCode, errorOf } from '../core/errors.ts';
import { errorBody } from './error-answers.ts';
import type { ServiceContext } from './service-context.ts';

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

const BROKEN: Refusal = { status: 400, code: 'invalid_payload', message: 'The request is not valid HTTP' };

const OF_PARSER: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request_timeout',
    message: 'The request took longer to arrive than this service waits',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'payload_too_large',
    message: 'The headers are larger than this service takes',
  },
};

/** A request whose headers have come, and its answer that has not begun. */
interface Pending {
  readonly request: FastifyRequest | undefined;
}

function refuse(context: ServiceContext, socket: Socket, refusal: Refusal, pending: Pending | null = null): void {
  const { status, code, message } = refusal;
  const requestId = pending?.request?.id ?? randomUUID();
  const body = JSON.stringify(errorBody(errorOf(code, message), requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  if (pending?.request) pending.request.refusedWith = code;
  else {
    const line = { method: 'unknown', route: null, duration_ms: 0, token: null, error_code: code, aborted: false };
    context.counters.refused(code);
    context.log.request({ ...line, request_id: requestId, status, bytes: Buffer.byteLength(body) });
  }
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Answers what is no HTTP request, or too slow to become one, with JSON as well. */
export function addClientErrors(app: FastifyInstance, context: ServiceContext): void {
  const answering = new WeakMap<Socket, Set<ServerResponse>>();
  app.server.on('request', ({ socket }, response) => {
    const responses = answering.get(socket) ?? new Set();
    answering.set(socket, responses.add(response));
    response.once('close', () => responses.delete(response));
  });
  app.server.removeAllListeners('clientError');
  app.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const [response, ...others] = answering.get(socket) ?? [];
    // In the middle of another answer nothing more can be said.
    const isBusy = response?.headersSent === true || others.length > 0;
    if (!socket.writable || error.code === 'ECONNRESET' || isBusy) return void socket.destroy();
    const pending = response ? { request: context.followed.get(response) } : null;
    refuse(context, socket, OF_PARSER[error.code ?? ''] ?? BROKEN, pending);
  });
  app.server.on('connect', (_request, socket: Socket) => {
    refuse(context, socket, { status: 405, code: 'method_not_allowed', message: 'This is no proxy' });
  });
}
