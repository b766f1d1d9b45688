import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { errorOf } from '../../core/errors.ts';
import { EVENT_TYPES } from '../../core/statuses.ts';
import { resultToWire } from '../../transport/wire.ts';
import { EVENT_FILTER_FIELDS } from '../events/event-filter.ts';
import { lastEventId } from '../events/last-event-id.ts';
import { logPage } from '../paging.ts';
import type { ServiceContext } from '../service-context.ts';
import { EVENTS_PAGE, ID, LOG_QUERY } from './inputs.ts';
import { addRoute } from './route.ts';

const NAMES = Type.Optional(Type.Array(ID, { maxItems: 100 }));

const EVENTS_QUERY = Type.Object(
  {
    ...LOG_QUERY.properties,
    since: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Streams: the last event you have; the header Last-Event-ID goes before it',
      }),
    ),
    task_id: NAMES,
    task_type: NAMES,
    event_type: Type.Optional(
      Type.Array(Type.Union(EVENT_TYPES.map(type => Type.Literal(type))), { maxItems: EVENT_TYPES.length }),
    ),
    agent_id: NAMES,
    status: Type.Optional(Type.Array(ID, { maxItems: 100, description: 'The status entered' })),
  },
  { additionalProperties: false },
);

type EventsQuery = Static<typeof EVENTS_QUERY>;

const OF_A_PAGE: readonly (keyof EventsQuery)[] = ['after', 'limit'];
const OF_A_STREAM: readonly (keyof EventsQuery)[] = ['since', ...EVENT_FILTER_FIELDS];

/** Refuses what would be passed over: a filter that filters nothing is worse than none. */
function refuseOf(query: EventsQuery, names: readonly (keyof EventsQuery)[], what: string): void {
  const given = names.find(name => query[name] !== undefined);
  if (given !== undefined) throw errorOf('invalid_payload', `${given} is for ${what}`);
}

/** A page for who asks for JSON, a stream for everybody else. */
function wantsPage({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('application/json') && !accept.includes('text/event-stream');
}

/** The headers that the reply has so far. */
function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}

async function openStream(
  { counters, streams, watched }: ServiceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = request.query as EventsQuery;
  refuseOf(query, OF_A_PAGE, 'pages: ask with Accept: application/json');
  const header = request.headers['last-event-id'];
  const after = lastEventId(typeof header === 'string' ? header : undefined, query.since?.toString());
  const { closed } = await streams.open(reply.raw, { after, filter: query, headers: headersOf(reply) });
  reply.hijack();
  watched.watch(reply.raw, request.headers);
  counters.streamOpened();
  void closed.then(() => counters.streamClosed());
  return reply;
}

/** `GET /events`: the log as a stream of server-sent events, or in pages. */
export function addEventRoutes(app: FastifyInstance, context: ServiceContext): void {
  const { board } = context;
  addRoute(app, {
    method: 'GET',
    url: '/events',
    access: 'read',
    tag: 'Board',
    isUnlimited: request => !wantsPage(request),
    summary: 'The log of events, as a stream or in pages',
    description:
      'Server-sent events: `id` is the sequence_id, `event` the event_type, `data` the event. A client that comes back with `Last-Event-ID` misses none. With `Accept: application/json` a page.',
    querystring: EVENTS_QUERY,
    headers: Type.Object({
      'last-event-id': Type.Optional(Type.String({ description: 'The last event you have; 0: from the beginning' })),
    }),
    answers: {
      200: {
        ...EVENTS_PAGE,
        description: 'A stream that does not end, or a page',
        content: { 'text/event-stream': { schema: Type.String() }, ...EVENTS_PAGE.content },
      },
    },
    codes: ['cursor_beyond_log', 'overloaded', 'closed', 'rate_limited'],
    handle: async (request, reply) => {
      if (!wantsPage(request)) return openStream(context, request, reply);
      const query = request.query as EventsQuery;
      refuseOf(query, OF_A_STREAM, 'streams: ask without Accept: application/json');
      const { rows, next } = await logPage((...page) => board.events(...page), query);
      return { ...resultToWire({ events: rows }), next };
    },
  });
}
