import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifySchemaValidationError } from 'fastify';
import { errorOf, type QuadroError } from '../core/errors.ts';
import { shortened } from '../core/payload.ts';
import { addClientErrors } from './client-errors.ts';
import { addDocument, addDocumentRoutes } from './document.ts';
import { addErrorAnswers, errorBody, refuse } from './error-answers.ts';
import { addGate } from './gate.ts';
import { addJsonBodies } from './json-body.ts';
import { requestIdOf } from './request-id.ts';
import { addRequestLog, followRequest } from './request-log.ts';
import type { ResolvedServiceOptions } from './resolve-options.ts';
import { addEnvelopeRoute } from './routes/a2a.ts';
import { addBoardReads } from './routes/board-reads.ts';
import { addEventRoutes } from './routes/events.ts';
import { addServiceRoutes } from './routes/service-routes.ts';
import { addTaskReads } from './routes/task-reads.ts';
import { addTaskWrites } from './routes/task-writes.ts';
import type { ServiceContext } from './service-context.ts';

/** Longest part of a path: an id of 200 bytes, each percent-encoded, and room. */
const MAX_PART_LENGTH = 1_000;

/** How often slow clients are looked for. */
const LOOK_MS = 1_000;

/** An answer is data: whatever it holds, a browser that shows it loads and runs nothing. */
const ANSWER_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** What a query or path is refused with: the first fault, in words. */
function queryFault(errors: FastifySchemaValidationError[], part: string): QuadroError {
  const where = part === 'params' ? 'address' : 'query';
  const unknown = errors.find(({ keyword }) => keyword === 'additionalProperties')?.params.additionalProperties;
  if (Array.isArray(unknown)) {
    return errorOf('invalid_payload', `The query does not know ${shortened(unknown.map(String).join(', '))}`);
  }
  const [first] = errors;
  const name = first?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  return errorOf('invalid_payload', `${name || 'A part'} of the ${where} ${first?.message ?? 'is not valid'}`);
}

function httpOptions({ requestTimeoutSeconds, keepAliveSeconds }: ResolvedServiceOptions): object {
  return {
    headersTimeout: requestTimeoutSeconds * 1000,
    requestTimeout: requestTimeoutSeconds * 1000,
    keepAliveTimeout: keepAliveSeconds * 1000,
    connectionsCheckingInterval: LOOK_MS,
    // Asked for by the gate, which answers with a code.
    requireHostHeader: false,
  };
}

/**
 * The service's HTTP application: every route, and what stands before them. Bodies are the board's to check and answers are
 * written as they are, so that nothing is checked twice and nothing is left out; the schemas are the document's.
 */
export async function serviceApp(context: ServiceContext): Promise<FastifyInstance> {
  const { options } = context;
  const app = Fastify({
    logger: false,
    http: httpOptions(options),
    bodyLimit: options.bodyLimitBytes,
    keepAliveTimeout: options.keepAliveSeconds * 1000,
    requestTimeout: options.requestTimeoutSeconds * 1000,
    // Neither way: a client that reads nothing of a long answer.
    connectionTimeout: Math.max(options.keepAliveSeconds, options.requestTimeoutSeconds) * 1000,
    genReqId: requestIdOf,
    trustProxy: options.trustProxy === undefined ? false : [...options.trustProxy],
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PART_LENGTH },
    schemaErrorFormatter: queryFault,
    frameworkErrors: (error, request, reply: FastifyReply) => {
      followRequest(context, request, reply);
      reply.header('x-content-type-options', 'nosniff');
      void reply.send(errorBody(refuse(context, request, reply, error), request.id));
    },
  });
  app.setValidatorCompiler(route =>
    route.httpPart === 'querystring' || route.httpPart === 'params' ? TypeBoxValidatorCompiler(route) : () => true,
  );
  app.setSerializerCompiler(() => data => JSON.stringify(data));
  addRequestLog(app, context);
  addJsonBodies(app);
  addClientErrors(app, context);
  await addSafety(app, options);
  addErrorAnswers(app, context);
  addGate(app, context);
  await addDocument(app);
  await app.register(async routes => {
    addEnvelopeRoute(routes, context);
    addTaskWrites(routes, context);
    addTaskReads(routes, context);
    addBoardReads(routes, context);
    addEventRoutes(routes, context);
    addServiceRoutes(routes, context);
  });
  await addDocumentRoutes(app);
  await app.ready();
  return app;
}

async function addSafety(app: FastifyInstance, { corsOrigins }: ResolvedServiceOptions): Promise<void> {
  await app.register(helmet, {
    // Set below: the plugin would put it together anew for every answer.
    contentSecurityPolicy: false,
    // The service speaks plain HTTP; whoever puts TLS before it says this.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    // For pages of old browsers, and this serves one page.
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('content-security-policy', ANSWER_POLICY);
    done();
  });
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...corsOrigins],
      methods: ['GET', 'POST'],
      allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'x-request-id'],
      exposedHeaders: ['retry-after', 'x-request-id', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
      maxAge: 600,
      // Its refusal would be no JSON; a question without an origin is answered like any other.
      strictPreflight: false,
    });
  }
  await app.register(rateLimit, { global: false });
}
