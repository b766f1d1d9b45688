import type { ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Board } from '../board.ts';
import type { Access } from './access.ts';
import type { AdmittedBoard } from './admission/admitted.ts';
import type { EventStreams } from './events/event-streams.ts';
import type { ResolvedServiceOptions } from './resolve-options.ts';
import type { ServiceLog } from './service-log.ts';
import type { ServiceCounters } from './service-stats.ts';
import type { WatchedStreams } from './watched-streams.ts';

/** What every route of a service stands on. */
export interface ServiceContext {
  readonly board: Board;
  readonly options: ResolvedServiceOptions;
  readonly access: Access;
  readonly log: ServiceLog;
  readonly counters: ServiceCounters;
  readonly streams: EventStreams;
  /** The streams that are open, whose callers may lose their tokens. */
  readonly watched: WatchedStreams;
  /** The board behind its admission hook. */
  readonly admission: AdmittedBoard;
  /** The requests that are not answered yet, by their responses. */
  readonly followed: WeakMap<ServerResponse, FastifyRequest>;
  /** `serving`; `draining`: `/ready` says no; `stopping`: nothing new is taken. */
  phase: 'serving' | 'draining' | 'stopping';
}
