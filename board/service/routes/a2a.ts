import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { quadroErrorOf } from '../../core/errors.ts';
import { INTENT_FIELDS } from '../../core/payload.ts';
import { boardCallOf } from '../../transport/board-endpoint.ts';
import {
  failure,
  parseRequest,
  type RequestEnvelope,
  type ResponseEnvelope,
  requestIdOf,
  success,
} from '../../transport/envelope.ts';
import { checkPermission } from '../access.ts';
import { refuse } from '../error-answers.ts';
import { statusOf } from '../http-status.ts';
import { PERMISSION_OF_INTENT } from '../intent-permissions.ts';
import { actorOf, auditRefusal, perform } from '../perform.ts';
import { jsonAnswer, RESPONSE_ENVELOPE } from '../schemas/errors.ts';
import { json, nullable, oneOf } from '../schemas/record.ts';
import type { ServiceContext } from '../service-context.ts';
import { addRoute } from './route.ts';

/** Statuses that say something of the carriage; whatever the board itself refuses is an answer like any other: 200. */
const OF_THE_CARRIAGE: ReadonlySet<number> = new Set([401, 403, 413, 415, 429, 500, 503]);

const NAME = nullable(Type.String({ minLength: 1, maxLength: 200 }));

const REQUEST_ENVELOPE = Type.Object(
  {
    intent: oneOf(Object.keys(INTENT_FIELDS)),
    request_id: Type.String(),
    idempotency_key: Type.Optional(NAME),
    timestamp: Type.String(),
    payload: Type.Object(
      {},
      { additionalProperties: true, description: "The intent's fields; unknown ones are ignored" },
    ),
    context: Type.Optional(
      Type.Object({
        actor: Type.Optional(NAME),
        cycle_id: Type.Optional(NAME),
        tick_id: Type.Optional(NAME),
        lease: Type.Optional(nullable(json())),
      }),
    ),
  },
  {
    additionalProperties: true,
    examples: [
      {
        intent: 'board.post_task',
        request_id: 'r1',
        timestamp: '2026-01-31T09:30:00.000000+00:00',
        payload: { task_type: 'article', label: 'Bees' },
      },
    ],
  },
);

async function carryOut(
  context: ServiceContext,
  request: FastifyRequest,
  envelope: RequestEnvelope,
): Promise<ResponseEnvelope> {
  const { intent, request_id } = envelope;
  if (request.caller !== null) {
    try {
      checkPermission(request.caller, PERMISSION_OF_INTENT[intent]);
    } catch (error) {
      auditRefusal(context, request, intent, quadroErrorOf(error));
      throw error;
    }
  }
  const call = boardCallOf(envelope);
  const options = { ...call.options, actor: call.options.actor ?? actorOf(request) };
  return success(request_id, await perform(context, request, { ...call, options }));
}

/** `POST /a2a`: the envelope, as agents of the reference implementation send it. */
export function addEnvelopeRoute(app: FastifyInstance, context: ServiceContext): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<ResponseEnvelope> => {
    const { body } = request;
    try {
      return await carryOut(context, request, parseRequest(body));
    } catch (thrown) {
      const error = refuse(context, request, reply, thrown);
      if (!OF_THE_CARRIAGE.has(statusOf(error.code))) reply.code(200);
      return failure(requestIdOf(body), error);
    }
  };
  addRoute(app, {
    method: 'POST',
    url: '/a2a',
    access: 'envelope',
    tag: 'Envelope',
    summary: 'Any intent, in its envelope',
    description:
      'Answers 200 with `ok` false where the board refuses; other statuses speak of the carriage. The permission needed is the intent’s.',
    body: REQUEST_ENVELOPE,
    answers: { 200: jsonAnswer('The answer, or the refusal', RESPONSE_ENVELOPE) },
    codes: ['admission_refused', 'admission_unavailable'],
    handle,
  });
}
