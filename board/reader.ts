import type { Backend, TaskQuery } from './backends/backend.ts';
import type { ProfileRegistry } from './core/decide/profiles.ts';
import { FLIGHT_LOG_PREFIX } from './core/decide/records.ts';
import { errorOf } from './core/errors.ts';
import type { Intent, ParamsOf, ResultOf } from './core/intents.ts';
import type { Json } from './core/json.ts';
import type { Edge } from './core/lifecycle/types.ts';
import type { DataEntry, Event, FlightLogEntry, Standing, Task } from './core/records.ts';
import { flightPlanOf } from './core/stages.ts';
import { isoOf, type Micros } from './core/time.ts';

/** Rows a page of the board's own reads holds. */
const PAGE_ROWS = 1_000;

/** Archived tasks too. */
export const ALL_STANDINGS: readonly Standing[] = ['open', 'finished', 'archived'];

/** Most statuses or task types one list may name: a statement takes only so many parameters. */
const MAX_NAMES = 1_000;

/** What a read needs of the board. */
export interface ReadHost {
  readonly backend: Backend;
  readonly boardId: string;
  readonly traceSampleRatio: number;
  registry(): Promise<ProfileRegistry>;
}

/**
 * Rows a page of a list holds: lists are answered whole, and a page in the order of priority costs a sort of all that
 * match.
 */
const LIST_ROWS = 50_000;

/** Reads page after page until a short one; the next begins after the last row. */
async function* pages<Row>(
  read: (last: Row | undefined) => Promise<readonly Row[]>,
  limit: number = PAGE_ROWS,
): AsyncGenerator<Row> {
  let last: Row | undefined;
  for (;;) {
    const page = await read(last);
    yield* page;
    if (page.length < limit) return;
    last = page.at(-1);
  }
}

/** Tasks by (priority, created_at, task_id), as every list has them. */
export function listedTasks(
  host: ReadHost,
  filter: Pick<TaskQuery, 'statuses' | 'standings' | 'task_types'>,
): AsyncGenerator<Task> {
  const query = { board_id: host.boardId, ...filter, limit: LIST_ROWS };
  return pages(after => host.backend.readTasks({ ...query, ...(after && { after }) }), LIST_ROWS);
}

/** Every task, archived ones too, by task_id. */
export function allTasks(host: ReadHost): AsyncGenerator<Task> {
  const query: TaskQuery = { board_id: host.boardId, order: 'task_id', standings: ALL_STANDINGS, limit: PAGE_ROWS };
  return pages(after => host.backend.readTasks({ ...query, ...(after && { after }) }));
}

/** Tasks archived at that time or later, by task_id. */
export function archivedTasks(host: ReadHost, since: Micros): AsyncGenerator<Task> {
  const filter = { standings: ['archived'], archived_since: since } as const;
  const query: TaskQuery = { board_id: host.boardId, order: 'task_id', ...filter, limit: PAGE_ROWS };
  return pages(after => host.backend.readTasks({ ...query, ...(after && { after }) }));
}

/** Flight-log entries by entry_id, of one task or all. */
export function flightLogRows(
  host: ReadHost,
  filter: { task_id?: string; after?: number } = {},
): AsyncGenerator<FlightLogEntry> {
  return pages<FlightLogEntry>(last =>
    host.backend.readFlightLog({
      board_id: host.boardId,
      limit: PAGE_ROWS,
      ...filter,
      after: last?.entry_id ?? filter.after ?? 0,
    }),
  );
}

/** Events ascending, of one task, one agent, or all. */
export function eventRows(
  host: ReadHost,
  filter: { task_id?: string; agent_id?: string; after?: number },
): AsyncGenerator<Event> {
  return pages<Event>(last =>
    host.backend.readEvents({
      board_id: host.boardId,
      limit: PAGE_ROWS,
      ...filter,
      after: last?.sequence_id ?? filter.after ?? 0,
    }),
  );
}

function dataRows(host: ReadHost, prefix: string): AsyncGenerator<DataEntry> {
  const board_id = host.boardId;
  return pages<DataEntry>(last =>
    host.backend.readData({ board_id, prefix, ...(last && { after: last.key }), limit: PAGE_ROWS }),
  );
}

/**
 * One task, archived ones too.
 *
 * @throws NotFoundError (`task_not_found`)
 */
async function taskOf(host: ReadHost, taskId: string): Promise<Task> {
  const [task] = await host.backend.readTasks({
    board_id: host.boardId,
    task_ids: [taskId],
    standings: ALL_STANDINGS,
    limit: 1,
  });
  if (task === undefined) throw errorOf('task_not_found', `Task not found: ${taskId}`);
  return task;
}

async function fullState(host: ReadHost): Promise<ResultOf<'board.get_full_state'>> {
  const [tasks, agents, entries, registry] = await Promise.all([
    Array.fromAsync(listedTasks(host, {})),
    host.backend.readAgents(host.boardId),
    Array.fromAsync(dataRows(host, '')),
    host.registry(),
  ]);
  const data: Record<string, Json> = Object.fromEntries(entries.map(({ key, value }) => [key, value]));
  return { tasks, agents, data, _terminal_statuses: registry.terminalStatuses() };
}

function checkNames(what: string, names: readonly string[]): void {
  if (names.length > MAX_NAMES) throw errorOf('invalid_payload', `${what} must be at most ${MAX_NAMES}`);
}

async function openState(
  host: ReadHost,
  { task_types }: ParamsOf<'board.get_open_state'>,
): Promise<ResultOf<'board.get_open_state'>> {
  checkNames('task_types', task_types ?? []);
  // The board's row first: what is read after it holds everything up to that row's number.
  const board = await host.backend.readBoard(host.boardId);
  if (board === null) throw errorOf('board_not_found', `There is no board ${host.boardId} in ${host.backend.location}`);
  const registry = await host.registry();
  const tasks = await Array.fromAsync(listedTasks(host, { standings: ['open'], ...(task_types && { task_types }) }));
  const agents = await host.backend.readAgents(host.boardId);
  const staleFrom = (edges: readonly Edge[]) => edges.filter(edge => edge.to === 'STALE').map(edge => edge.from);
  return {
    board_uid: board.board_uid,
    trace_sample_ratio: host.traceSampleRatio,
    tasks,
    agents,
    seen_sequence_id: board.next_sequence_id - 1,
    routes: registry.routes(),
    stale_from: Object.fromEntries(Array.from(registry.all(), ([key, { edges }]) => [key, staleFrom(edges)])),
  };
}

async function dataOf(host: ReadHost, key: string): Promise<ResultOf<'board.get_data'>> {
  if (key.startsWith(FLIGHT_LOG_PREFIX)) {
    const entries = await Array.fromAsync(flightLogRows(host, { task_id: key.slice(FLIGHT_LOG_PREFIX.length) }));
    // A value is JSON, with its times as they travel.
    const value = entries.map(entry => ({ ...entry, timestamp: isoOf(entry.timestamp) }));
    return { key, value: value.length === 0 ? null : value };
  }
  const [entry] = await host.backend.readData({ board_id: host.boardId, keys: [key], limit: 1 });
  return { key, value: entry?.value ?? null };
}

type Readers = { readonly [I in Intent]?: (host: ReadHost, params: ParamsOf<I>) => Promise<ResultOf<I>> };

/** The intents that only read. */
const READERS: Readers = {
  'board.get_task': async (host, { task_id }) => ({ task: await taskOf(host, task_id) }),
  'board.get_full_state': host => fullState(host),
  'board.get_open_state': openState,
  'board.list_tasks_by_status': async (host, { statuses }) => {
    // Q26: what is no list matches nothing.
    const wanted = Array.isArray(statuses) ? statuses.filter(each => typeof each === 'string') : [];
    checkNames('statuses', wanted);
    return { tasks: wanted.length === 0 ? [] : await Array.fromAsync(listedTasks(host, { statuses: wanted })) };
  },
  'board.stream_events': async (host, { since_sequence }) => ({
    events: await Array.fromAsync(eventRows(host, { after: since_sequence ?? 0 })),
  }),
  'board.get_task_history': async (host, { task_id }) => ({
    events: await Array.fromAsync(eventRows(host, { task_id })),
  }),
  'board.get_agent_activity': async (host, { agent_id }) => ({
    events: await Array.fromAsync(eventRows(host, { agent_id })),
  }),
  'board.get_data': (host, { key }) => dataOf(host, key),
  'board.list_data': async (host, { prefix }) => {
    const entries = await Array.fromAsync(dataRows(host, prefix ?? ''));
    return { entries: entries.map(({ key, value }) => ({ key, value })) };
  },
  'board.list_leases': async host => ({ leases: await host.backend.readLeases(host.boardId) }),
  'board.flight_plan': async (host, { task_id }) => {
    const task = await taskOf(host, task_id);
    const history = await Array.fromAsync(eventRows(host, { task_id }));
    const flightLog = await Array.fromAsync(flightLogRows(host, { task_id }));
    return { flight_plan: flightPlanOf(task, history, flightLog) };
  },
};

/**
 * Answers an intent that only reads.
 *
 * @throws NotFoundError; ValidationError (`unsupported_intent`) for an intent that a board does not answer.
 */
export function read<I extends Intent>(host: ReadHost, intent: I, params: ParamsOf<I>): Promise<ResultOf<I>> {
  const reader = Object.hasOwn(READERS, intent) ? READERS[intent] : undefined;
  if (reader === undefined) throw errorOf('unsupported_intent', `Unsupported board intent: ${intent}`);
  return reader(host, params);
}
