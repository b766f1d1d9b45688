import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { Intent } from '../core/intents.ts';
import { INTENT_FIELDS } from '../core/payload.ts';
import { packageVersion } from '../package-version.ts';
import { ERROR_CODE } from './schemas/errors.ts';
import { payloadSchema } from './schemas/payloads.ts';
import { RECORDS } from './schemas/records.ts';

const DESCRIPTION = `A governed task board over HTTP.

Times are ISO 8601 in UTC with six digits. Every answer carries \`X-Request-Id\`: the one that was sent, else a new one. Errors
have a sentence in \`error\` and a stable \`error_code\`.`;

const TAGS = [
  { name: 'Tasks', description: 'Post, move and read tasks' },
  { name: 'Agents', description: 'Who works' },
  { name: 'Board', description: 'The board as a whole, its log and its side logs' },
  { name: 'Envelope', description: 'Every intent, as agents send it' },
  { name: 'Service', description: 'The service itself' },
];

/** Only what lies in the package is loaded: the page works without a network. */
const PAGE_POLICY = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'connect-src': ["'self'"],
  'font-src': ["'self'", 'data:'],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
};

/** Every shape the routes name: records, payloads, the list of error codes. */
function addSchemas(app: FastifyInstance): void {
  const payloads = (Object.keys(INTENT_FIELDS) as Intent[]).map(intent => [intent, payloadSchema(intent)] as const);
  const all = { ...RECORDS, ...Object.fromEntries(payloads), ErrorCode: ERROR_CODE };
  for (const [name, schema] of Object.entries(all)) app.addSchema({ ...schema, $id: name });
}

/** Prepares the OpenAPI document; comes before the routes it describes. */
export async function addDocument(app: FastifyInstance): Promise<void> {
  addSchemas(app);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Quadro', version: packageVersion(), description: DESCRIPTION, license: { name: 'MIT' } },
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token of `quadro token create`' },
        },
      },
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `schema-${index}`),
    },
  });
}

/** Adds `/openapi.json` and the page `/docs`; comes after the routes. */
export async function addDocumentRoutes(app: FastifyInstance): Promise<void> {
  let text: string | null = null;
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(text);
  });
  await app.register(async docs => {
    docs.addHook('onRoute', route => {
      route.config = { ...route.config, access: 'public' };
    });
    await docs.register(swaggerUi, { routePrefix: '/docs', staticCSP: PAGE_POLICY, validatorUrl: false });
  });
}
