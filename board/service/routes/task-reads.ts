import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { checkPayload } from '../../core/payload.ts';
import type { Standing, Task } from '../../core/records.ts';
import { ALL_STANDINGS } from '../../reader.ts';
import { resultToWire } from '../../transport/wire.ts';
import { cursorOf, DEFAULT_LIMIT, logPage, MAX_LIMIT, placeOf, weighedPage } from '../paging.ts';
import { perform } from '../perform.ts';
import { jsonAnswer } from '../schemas/errors.ts';
import { closed, nullable, ref } from '../schemas/record.ts';
import type { ServiceContext } from '../service-context.ts';
import { EVENTS_PAGE, ID, ID_PARAMS, LIMIT, LOG_QUERY } from './inputs.ts';
import { addRoute } from './route.ts';

const TASKS_QUERY = Type.Object(
  {
    status: Type.Optional(Type.Array(ID, { maxItems: 100 })),
    task_type: Type.Optional(Type.Array(ID, { maxItems: 100 })),
    task_id: Type.Optional(
      Type.Array(ID, {
        maxItems: MAX_LIMIT,
        description: 'Only these, archived ones too; otherwise those that are not',
      }),
    ),
    limit: LIMIT,
    after: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'The `next` of the page before' })),
  },
  { additionalProperties: false },
);

const NEXT = nullable(Type.String({ description: 'Where the next page begins; null after the last' }));
/** About what a task is as JSON: what can be long, and the rest of a row. */
function weightOf({ output, notes, label }: Task): number {
  return 1_500 + label.length + (output?.length ?? 0) + notes.reduce((sum, note) => sum + note.length + 3, 0);
}

async function tasksPage({ board }: ServiceContext, query: Static<typeof TASKS_QUERY>): Promise<object> {
  const { status, task_type, task_id, limit = DEFAULT_LIMIT, after } = query;
  const place = after === undefined ? undefined : placeOf(after);
  const standings: readonly Standing[] = task_id === undefined ? ['open', 'finished'] : ALL_STANDINGS;
  const { rows, hasMore } = await weighedPage(
    limit,
    (last = place as Task | undefined, count) =>
      board.backend.readTasks({
        board_id: board.boardId,
        standings,
        ...(status && { statuses: status }),
        ...(task_type && { task_types: task_type }),
        ...(task_id && { task_ids: task_id }),
        ...(last && { after: last }),
        limit: count,
      }),
    weightOf,
  );
  const last = rows.at(-1);
  return { ...resultToWire({ tasks: rows }), next: hasMore && last ? cursorOf(last) : null };
}

/** The reads of tasks, one by one and in pages. */
export function addTaskReads(app: FastifyInstance, context: ServiceContext): void {
  const { board } = context;
  addRoute(app, {
    method: 'GET',
    url: '/tasks',
    access: 'read',
    tag: 'Tasks',
    summary: 'Tasks by priority, then by age, in pages',
    querystring: TASKS_QUERY,
    answers: { 200: jsonAnswer('A page of tasks', closed({ tasks: Type.Array(ref('Task')), next: NEXT })) },
    handle: request => tasksPage(context, request.query as Static<typeof TASKS_QUERY>),
  });
  addRoute(app, {
    method: 'GET',
    url: '/tasks/:task_id',
    access: 'read',
    tag: 'Tasks',
    intent: 'board.get_task',
    summary: 'A task, archived ones too',
    params: ID_PARAMS,
    answers: { 200: jsonAnswer('The task', closed({ task: ref('Task') })) },
    codes: ['task_not_found'],
    handle: request => {
      const { task_id } = request.params as Static<typeof ID_PARAMS>;
      return perform(context, request, { intent: 'board.get_task', params: { task_id }, options: {} });
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/tasks/:task_id/history',
    access: 'read',
    tag: 'Tasks',
    summary: "A task's events, in pages; an unknown task has none",
    params: ID_PARAMS,
    querystring: LOG_QUERY,
    answers: { 200: EVENTS_PAGE },
    handle: async request => {
      const { task_id } = request.params as Static<typeof ID_PARAMS>;
      checkPayload('board.get_task_history', { task_id });
      const query = request.query as Static<typeof LOG_QUERY>;
      const { rows, next } = await logPage((...page) => board.taskEvents(task_id, ...page), query);
      return { ...resultToWire({ events: rows }), next };
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/tasks/:task_id/flight-plan',
    access: 'read',
    tag: 'Tasks',
    intent: 'board.flight_plan',
    summary: "Where a task's time went, stage by stage",
    params: ID_PARAMS,
    answers: { 200: jsonAnswer('The flight plan', closed({ flight_plan: ref('FlightPlan') })) },
    codes: ['task_not_found'],
    handle: request => {
      const { task_id } = request.params as Static<typeof ID_PARAMS>;
      return perform(context, request, { intent: 'board.flight_plan', params: { task_id }, options: {} });
    },
  });
}
