import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { packageVersion } from '../../package-version.ts';
import { allows } from '../caller.ts';
import { type CheckedPart, databaseCheck, sharedReadiness } from '../readiness.ts';
import { jsonAnswer } from '../schemas/errors.ts';
import { closed, json, nullable, oneOf } from '../schemas/record.ts';
import type { ServiceContext } from '../service-context.ts';
import { addRoute, type Route } from './route.ts';

const PUBLIC: Pick<Route, 'method' | 'access' | 'tag'> = { method: 'GET', access: 'public', tag: 'Service' };

const PART = closed({
  name: Type.String(),
  ok: Type.Boolean(),
  duration_ms: Type.Integer(),
  error: nullable(Type.String()),
  facts: Type.Record(Type.String(), json()),
});

const READINESS = Type.Object(
  {
    status: oneOf(['ready', 'unready']),
    failing: Type.Array(Type.String({ description: 'What fails, by name' })),
    checks: Type.Optional(Type.Array(PART, { description: 'Only for tokens that may read' })),
  },
  { additionalProperties: false },
);

/** Whether a public request shows a token that may read; no token and a wrong one are told the same. */
async function mayRead({ access }: ServiceContext, { headers }: FastifyRequest): Promise<boolean> {
  try {
    return allows(await access.callerOf(headers), 'read');
  } catch {
    return false;
  }
}

function addReady(app: FastifyInstance, context: ServiceContext): void {
  const checked = sharedReadiness([databaseCheck(context.board), ...context.options.readiness]);
  let known = '';
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    const stopping = { name: 'service', ok: false, duration_ms: 0, error: 'The service is stopping', facts: {} };
    const parts: readonly CheckedPart[] = context.phase === 'serving' ? await checked() : [stopping];
    const failing = parts.filter(({ ok }) => !ok).map(({ name }) => name);
    if (known !== failing.join()) context.log.warn({ failing }, failing.length === 0 ? 'ready again' : 'unready');
    known = failing.join();
    reply.code(failing.length === 0 ? 200 : 503).header('cache-control', 'no-store');
    const details = (await mayRead(context, request)) ? { checks: parts } : {};
    return { status: failing.length === 0 ? 'ready' : 'unready', failing, ...details };
  };
  addRoute(app, {
    ...PUBLIC,
    url: '/ready',
    isUnlimited: () => true,
    hasHead: true,
    summary: 'Whether work can be sent here: the database and what else must answer',
    answers: {
      200: jsonAnswer('Everything answers', READINESS),
      503: jsonAnswer('Something does not; `failing` names it', READINESS),
    },
    handle,
  });
}

function addMetrics(app: FastifyInstance, { options: { metrics } }: ServiceContext): void {
  if (metrics === undefined) return;
  addRoute(app, {
    method: 'GET',
    tag: 'Service',
    url: '/metrics',
    access: 'read',
    summary: 'Metrics for Prometheus',
    answers: {
      200: {
        description: 'Text that Prometheus reads',
        content: {
          'text/plain': { schema: Type.String() },
          'application/openmetrics-text': { schema: Type.String() },
        },
      },
    },
    handle: async (request, reply) => {
      const { text, contentType } = await metrics(request.headers.accept);
      return reply.header('cache-control', 'no-store').header('vary', 'Accept').type(contentType).send(text);
    },
  });
}

/** What the service says of itself. */
export function addServiceRoutes(app: FastifyInstance, context: ServiceContext): void {
  const index = {
    name: 'quadro',
    version: packageVersion(),
    links: { openapi: '/openapi.json', docs: '/docs', health: '/health', ready: '/ready' },
  };
  addRoute(app, {
    ...PUBLIC,
    url: '/',
    summary: 'What this is, and where its description is',
    answers: {
      200: jsonAnswer(
        'The service',
        closed({ name: Type.String(), version: Type.String(), links: Type.Record(Type.String(), Type.String()) }),
      ),
    },
    handle: () => index,
  });
  addRoute(app, {
    ...PUBLIC,
    url: '/health',
    isUnlimited: () => true,
    hasHead: true,
    summary: 'Whether the process answers; asks nothing of the database',
    answers: { 200: jsonAnswer('It does', closed({ status: Type.Literal('ok') })) },
    handle: (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  });
  addReady(app, context);
  addMetrics(app, context);
}
