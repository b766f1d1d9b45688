import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { checkPayload } from '../../core/payload.ts';
import { resultToWire } from '../../transport/wire.ts';
import { logPage } from '../paging.ts';
import { perform } from '../perform.ts';
import { jsonAnswer } from '../schemas/errors.ts';
import { closed, json, ref } from '../schemas/record.ts';
import type { ServiceContext } from '../service-context.ts';
import { EVENTS_PAGE, ID, LOG_QUERY, logPageAnswer } from './inputs.ts';
import { addRoute, type Route } from './route.ts';

const AGENT_PARAMS = Type.Object({ agent_id: ID });

const READ: Pick<Route, 'method' | 'access'> = { method: 'GET', access: 'read' };

const STATE = closed({
  tasks: Type.Array(ref('Task')),
  agents: Type.Array(ref('Agent')),
  data: Type.Record(Type.String(), json()),
  _terminal_statuses: Type.Array(Type.String()),
});

function addAgents(app: FastifyInstance, { board }: ServiceContext): void {
  addRoute(app, {
    ...READ,
    url: '/agents',
    tag: 'Agents',
    summary: 'Every agent, by agent_id',
    answers: { 200: jsonAnswer('The agents', closed({ agents: Type.Array(ref('Agent')) })) },
    handle: async () => resultToWire({ agents: await board.listAgents() }),
  });
  addRoute(app, {
    ...READ,
    url: '/agents/:agent_id/activity',
    tag: 'Agents',
    summary: "An agent's events, in pages; an unknown agent has none",
    params: AGENT_PARAMS,
    querystring: LOG_QUERY,
    answers: { 200: EVENTS_PAGE },
    handle: async request => {
      const { agent_id } = request.params as Static<typeof AGENT_PARAMS>;
      checkPayload('board.get_agent_activity', { agent_id });
      const { rows, next } = await logPage(
        (after, limit, max_bytes) =>
          board.backend.readEvents({ board_id: board.boardId, agent_id, after, limit, max_bytes }),
        request.query as Static<typeof LOG_QUERY>,
      );
      return { ...resultToWire({ events: rows }), next };
    },
  });
}

function addSideLogs(app: FastifyInstance, { board }: ServiceContext): void {
  addRoute(app, {
    ...READ,
    url: '/log/chief-cycles',
    tag: 'Board',
    summary: 'A row for each Chief cycle, in pages',
    querystring: LOG_QUERY,
    answers: { 200: logPageAnswer('chief_cycles', 'ChiefCycle') },
    handle: async request => {
      const query = request.query as Static<typeof LOG_QUERY>;
      const { rows, next } = await logPage((...page) => board.chiefCycles(...page), query);
      return { ...resultToWire({ chief_cycles: rows }), next };
    },
  });
  addRoute(app, {
    ...READ,
    url: '/log/ombudsman-ticks',
    tag: 'Board',
    summary: 'A row for each Ombudsman tick, in pages',
    querystring: LOG_QUERY,
    answers: { 200: logPageAnswer('ombudsman_ticks', 'OmbudsmanTick') },
    handle: async request => {
      const query = request.query as Static<typeof LOG_QUERY>;
      const { rows, next } = await logPage((...page) => board.ombudsmanTicks(...page), query);
      return { ...resultToWire({ ombudsman_ticks: rows }), next };
    },
  });
}

/** The reads of the board as a whole, of its agents and of its side logs. */
export function addBoardReads(app: FastifyInstance, context: ServiceContext): void {
  const { board } = context;
  addRoute(app, {
    ...READ,
    url: '/state',
    tag: 'Board',
    intent: 'board.get_full_state',
    summary: 'Every task that is not archived, every agent, all data',
    description: 'Grows with the board; prefer the pages of /tasks.',
    answers: { 200: jsonAnswer('The state', STATE) },
    handle: request => perform(context, request, { intent: 'board.get_full_state', params: {}, options: {} }),
  });
  addRoute(app, {
    ...READ,
    url: '/board',
    tag: 'Board',
    summary: "The board's own row: who it is, and the next numbers of its logs",
    answers: {
      200: jsonAnswer("The board's row", closed({ board: ref('Board'), trace_sample_ratio: Type.Number() })),
    },
    codes: ['board_not_found'],
    handle: async () => ({
      ...resultToWire({ board: await board.board() }),
      trace_sample_ratio: board.traceSampleRatio,
    }),
  });
  addAgents(app, context);
  addSideLogs(app, context);
}
