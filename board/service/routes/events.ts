import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { resultToWire } from '../../transport/wire.ts';
import { logPage } from '../paging.ts';
import type { ServiceContext } from '../service-context.ts';
import { EVENTS_PAGE, LOG_QUERY } from './inputs.ts';
import { addRoute } from './route.ts';

/** `GET /events`: the log, in pages. */
export function addEventRoutes(app: FastifyInstance, { board }: ServiceContext): void {
  addRoute(app, {
    method: 'GET',
    url: '/events',
    access: 'read',
    tag: 'Board',
    summary: 'The log of events',
    querystring: LOG_QUERY,
    answers: { 200: EVENTS_PAGE },
    handle: async request => {
      const { rows, next } = await logPage(
        (...page) => board.events(...page),
        request.query as Static<typeof LOG_QUERY>,
      );
      return { ...resultToWire({ events: rows }), next };
    },
  });
}
