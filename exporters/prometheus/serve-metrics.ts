import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from '../../board/core/errors.ts';
import type { MeasuredBoard } from './measure-board.ts';

/** Where to listen. */
export interface ServeMetricsOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
}

/** A running metrics server. `/health` answers 200 as long as the process does, whatever the database does. */
export interface MetricsServer {
  /** Where `/metrics` is. */
  readonly url: string;
  readonly port: number;
  /** Answers what is being asked, then ends. The measured board stays open. A second call does nothing. */
  close(): Promise<void>;
}

const PAGE = '<!doctype html><title>Quadro metrics</title><p><a href="/metrics">metrics</a></p>\n';

/**
 * Serves a measured board at `/metrics`, and `/health`. A scrape that fails answers 500 with the reason, so that Prometheus shows the
 * target as down instead of old numbers.
 *
 * @throws ConfigurationError (`invalid_configuration`) where it cannot listen there.
 */
export async function serveMetrics(
  measured: Pick<MeasuredBoard, 'metrics'>,
  { port, host = '127.0.0.1' }: ServeMetricsOptions,
): Promise<MetricsServer> {
  const server = createServer((request, response) => void answer(measured, request, response));
  await listen(server, port, host);
  const bound = (server.address() as AddressInfo).port;
  const name = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | null = null;
  return {
    url: `http://${name}:${bound}/metrics`,
    port: bound,
    close() {
      closing ??= new Promise(resolve => server.close(() => resolve()));
      return closing;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `The metrics server cannot listen on ${host} port ${port}: ${reason}. Choose another port or host.`;
      reject(new ConfigurationError('invalid_configuration', message, { cause, details: { host, port } }));
    };
    server.once('error', fail);
    try {
      server.listen(port, host, () => {
        server.off('error', fail);
        resolve();
      });
    } catch (error) {
      // A port outside 0–65535 is thrown, not emitted.
      fail(error);
    }
  });
}

async function answer(
  measured: Pick<MeasuredBoard, 'metrics'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?', 1)[0];
  const send = (status: number, contentType: string, body: string, more: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store', ...more });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const plain = 'text/plain; charset=utf-8';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return send(405, plain, 'Only GET and HEAD\n', { allow: 'GET, HEAD' });
  }
  if (path === '/') return send(200, 'text/html; charset=utf-8', PAGE);
  if (path === '/health') return send(200, plain, 'ok\n');
  if (path !== '/metrics') return send(404, plain, 'Not found; metrics are at /metrics\n');
  try {
    const { contentType, text } = await measured.metrics(request.headers.accept);
    send(200, contentType, text, { vary: 'Accept' });
  } catch (error) {
    send(500, plain, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}
