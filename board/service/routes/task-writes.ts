import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { errorOf } from '../../core/errors.ts';
import type { Intent } from '../../core/intents.ts';
import type { JsonObject } from '../../core/json.ts';
import { objectOf } from '../json-body.ts';
import { actorOf, perform } from '../perform.ts';
import { paramsOfRest } from '../rest-params.ts';
import { jsonAnswer } from '../schemas/errors.ts';
import { payloadSchema } from '../schemas/payloads.ts';
import { closed, ref } from '../schemas/record.ts';
import type { ServiceContext } from '../service-context.ts';
import { ID_PARAMS, IDEMPOTENCY_HEADERS } from './inputs.ts';
import { addRoute, type Route } from './route.ts';

const TASK_AND_EVENT = closed({ task: ref('Task'), event: ref('Event') });
const TASK_AND_EVENT_OR_BULK = Type.Union([
  TASK_AND_EVENT,
  closed({ tasks: Type.Array(ref('Task')), events: Type.Array(ref('Event')) }),
]);

type Id = Static<typeof ID_PARAMS>;

/** The key of the header; an empty one is none the board accepts. */
function keyOf({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key'];
  return typeof key === 'string' ? key : null;
}

function write(
  context: ServiceContext,
  request: FastifyRequest,
  intent: Intent,
  payload: JsonObject,
): Promise<JsonObject> {
  const options = { idempotencyKey: keyOf(request), actor: actorOf(request) };
  return perform(context, request, { intent, params: paramsOfRest(intent, payload), options });
}

/** The body with the id of the path, which it may repeat but not contradict. */
function withId({ params, body }: FastifyRequest): JsonObject {
  const { task_id } = params as Id;
  const payload = body === undefined ? {} : objectOf(body);
  if (Object.hasOwn(payload, 'task_id') && payload.task_id !== task_id) {
    throw errorOf('invalid_payload', 'task_id is not the one of the address');
  }
  return { ...payload, task_id };
}

const WRITE: Pick<Route, 'method' | 'tag' | 'headers'> = { method: 'POST', tag: 'Tasks', headers: IDEMPOTENCY_HEADERS };
const MOVED = { 200: jsonAnswer('The task as it is now, and the event', TASK_AND_EVENT) };

function addPost(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, {
    ...WRITE,
    url: '/tasks',
    access: 'post',
    intent: 'board.post_task',
    summary: 'Post a task, or up to 1,000 at once',
    description: 'A body with `tasks` posts all of them in one commit or, where one is refused, none.',
    body: Type.Union([ref('board.post_task'), ref('board.post_tasks')]),
    answers: { 201: jsonAnswer('What was posted, or was with this idempotency key before', TASK_AND_EVENT_OR_BULK) },
    codes: [
      'duplicate_task_id',
      'idempotency_conflict',
      'task_ids_exhausted',
      'unknown_profile',
      'admission_refused',
      'admission_unavailable',
    ],
    handle: async (request, reply) => {
      const body = objectOf(request.body);
      const intent = Object.hasOwn(body, 'tasks') ? 'board.post_tasks' : 'board.post_task';
      const result = await write(context, request, intent, body);
      reply.code(201);
      return result;
    },
  });
}

/** The writes on tasks: `/tasks`, and what moves one. */
export function addTaskWrites(app: FastifyInstance, context: ServiceContext): void {
  addPost(app, context);
  addRoute(app, {
    ...WRITE,
    url: '/tasks/:task_id/transition',
    access: 'work',
    intent: 'board.update_task',
    summary: 'Move a task along an edge of its lifecycle',
    params: ID_PARAMS,
    body: payloadSchema('board.update_task', ['task_id']),
    answers: MOVED,
    codes: [
      'task_not_found',
      'illegal_transition',
      'unknown_profile',
      'task_archived',
      'fence_conflict',
      'idempotency_conflict',
    ],
    handle: request => write(context, request, 'board.update_task', withId(request)),
  });
  addRoute(app, {
    ...WRITE,
    url: '/tasks/:task_id/result',
    access: 'work',
    intent: 'worker.post_result',
    summary: 'Post the result of a task in progress',
    params: ID_PARAMS,
    body: payloadSchema('worker.post_result', ['task_id']),
    answers: MOVED,
    codes: [
      'task_not_found',
      'not_in_progress',
      'illegal_transition',
      'task_archived',
      'fence_conflict',
      'idempotency_conflict',
    ],
    handle: request => write(context, request, 'worker.post_result', withId(request)),
  });
  addRoute(app, {
    method: 'POST',
    tag: 'Tasks',
    url: '/tasks/:task_id/archive',
    access: 'post',
    intent: 'board.archive_task',
    summary: 'Put a finished task away',
    params: ID_PARAMS,
    answers: {
      200: jsonAnswer('The task as it is now', closed({ task: ref('Task'), archived: Type.Boolean() })),
    },
    codes: ['task_not_found', 'not_finished'],
    handle: request => write(context, request, 'board.archive_task', withId(request)),
  });
}
