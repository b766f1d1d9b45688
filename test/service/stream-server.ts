import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quadroErrorOf } from '../../board/core/errors.ts';
import { EVENT_FILTER_FIELDS, type EventFilter } from '../../board/service/events/event-filter.ts';
import {
  type EventStreams,
  type EventStreamsOptions,
  eventStreams,
  type StreamedBoard,
} from '../../board/service/events/event-streams.ts';
import { lastEventId } from '../../board/service/events/last-event-id.ts';

/** Event streams on plain `node:http`. */
export interface StreamServer {
  readonly streams: EventStreams;
  readonly port: number;
  /** Why each stream ended, in that order. */
  readonly ends: string[];
  close(): Promise<void>;
}

function filterOf(query: URLSearchParams): EventFilter {
  return Object.fromEntries(EVENT_FILTER_FIELDS.map(field => [field, query.getAll(field)]));
}

/** Serves a board's events and nothing else, on a free port of the loopback address. */
export async function streamServer(board: StreamedBoard, options: EventStreamsOptions = {}): Promise<StreamServer> {
  const streams = eventStreams(board, options);
  const ends: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const open = async (): Promise<void> => {
      const header = request.headers['last-event-id'];
      const after = lastEventId(String(header ?? ''), searchParams.get('since') ?? undefined);
      const { closed } = await streams.open(response, { after, filter: filterOf(searchParams) });
      ends.push(await closed);
    };
    open().catch(error => response.writeHead(409).end(quadroErrorOf(error).code));
  });
  await new Promise<void>(resolve => server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve));
  return {
    streams,
    ends,
    port: (server.address() as AddressInfo).port,
    async close() {
      await streams.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
