import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Board } from '../board.ts';
import { ConfigurationError, quadroErrorOf } from '../core/errors.ts';
import { accessOf } from './access.ts';
import { admitted } from './admission/admitted.ts';
import { serviceApp } from './app.ts';
import type { BoardService } from './board-service.ts';
import { eventStreams } from './events/event-streams.ts';
import type { ResolvedServiceOptions } from './resolve-options.ts';
import type { ServiceContext } from './service-context.ts';
import { ServiceLog, stdoutLogger } from './service-log.ts';
import { ServiceCounters } from './service-stats.ts';
import { stopService } from './stop-service.ts';
import { WatchedStreams } from './watched-streams.ts';

async function listen(app: FastifyInstance, context: ServiceContext): Promise<void> {
  const { host, port } = context.options;
  try {
    // By that name the library opens a second server, on ::1, which nothing here would see.
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
  } catch (cause) {
    await app.close();
    await context.streams.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The service cannot listen on ${host} port ${port}: ${reason}. Choose another port or host.`;
    throw new ConfigurationError('invalid_configuration', message, { cause, details: { host, port } });
  }
}

function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

/** Starts a service whose options are known to be good. */
export async function runningService(board: Board, options: ResolvedServiceOptions): Promise<BoardService> {
  const log = new ServiceLog(options.logger ?? stdoutLogger());
  const { heartbeatSeconds, maxStreams } = options;
  const onError = (message: string, error: unknown): void => log.failure(null, quadroErrorOf(error), message);
  const access = await accessOf(board, options);
  const context: ServiceContext = {
    board,
    options,
    access,
    log,
    counters: new ServiceCounters(),
    streams: eventStreams(board, { heartbeatSeconds, maxStreams, onError }),
    admission: admitted(board, options.admit),
    watched: new WatchedStreams(access),
    followed: new WeakMap(),
    phase: 'serving',
  };
  const app = await serviceApp(context);
  await listen(app, context);
  const { port } = app.server.address() as AddressInfo;
  const url = urlOf(options.host, port);
  context.log.info({ url, board_id: board.boardId }, 'serving');
  let stopped: Promise<{ finished: boolean }> | null = null;
  let endsAt = Number.POSITIVE_INFINITY;
  const close: BoardService['close'] = (deadlineSeconds = options.deadlineSeconds) => {
    endsAt = Math.min(endsAt, performance.now() + deadlineSeconds * 1000);
    stopped ??= stopService(app, context, () => endsAt);
    return stopped;
  };
  return {
    url,
    address: { host: options.host, port },
    stats: () => ({ ...context.counters.stats(), event_streams: context.streams.stats() }),
    drain: () => {
      if (context.phase === 'serving') context.phase = 'draining';
    },
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}
