import { type ErrorCode, errorOf, ValidationError } from '../../board/core/errors.ts';
import type { JsonObject } from '../../board/core/json.ts';
import type { Task } from '../../board/core/records.ts';
import { BoardClient } from '../../board/transport/board-client.ts';
import { errorTextOf } from '../../board/transport/http/carry.ts';
import { isBusy, send } from '../../board/transport/http/http-client.ts';
import { httpNetwork } from '../../board/transport/http/http-network.ts';
import { limitsOf, serviceUrlOf } from '../../board/transport/http/http-options.ts';
import { type RecordPage, resultFromWire } from '../../board/transport/wire.ts';
import { bearerToken } from '../bearer-token.ts';
import type { ListedTasks, Target, TargetOptions, TaskFilter } from './target.ts';

/** How long a service that does not answer is tried: somebody waits before the terminal. */
const PATIENCE_MS = 5_000;

/** Most rows a page of a service holds. */
const PAGE_ROWS = 500;

function queryOf({ statuses = [], taskTypes = [] }: TaskFilter, limit: number, after: string | null): URLSearchParams {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const status of statuses) query.append('status', status);
  for (const taskType of taskTypes) query.append('task_type', taskType);
  if (after !== null) query.append('after', after);
  return query;
}

/** Reads a service's list page by page, until as many are there as are wanted, and one that tells whether there are more. */
async function listTasks(
  filter: TaskFilter,
  page: (query: URLSearchParams) => Promise<JsonObject>,
): Promise<ListedTasks> {
  const { limit } = filter;
  const tasks: Task[] = [];
  let after: string | null = null;
  do {
    const wanted = Math.min(PAGE_ROWS, limit + 1 - tasks.length);
    const answer: JsonObject = await page(queryOf(filter, wanted, after));
    tasks.push(...((resultFromWire(answer) as unknown as RecordPage).tasks ?? []));
    after = typeof answer.next === 'string' ? answer.next : null;
  } while (after !== null && tasks.length <= limit);
  return { tasks: tasks.slice(0, limit), hasMore: tasks.length > limit };
}

/**
 * A board that a service serves.
 *
 * @throws ConfigurationError for an address or token file that cannot be.
 */
export async function servedTarget(url: string, { board, tokenFile }: TargetOptions): Promise<Target> {
  if (board !== undefined) {
    throw new ValidationError(
      'invalid_source',
      '--board chooses a board of a database, and a service serves one board',
    );
  }
  const base = serviceUrlOf(url);
  const token = await bearerToken(tokenFile);
  const limits = limitsOf({ patienceMs: PATIENCE_MS });
  const network = httpNetwork({ ...limits, ...(token !== null && { token }) });
  const closing = new AbortController();
  const page = async (query: URLSearchParams): Promise<JsonObject> => {
    const request = { url: new URL(`tasks?${query}`, base), method: 'GET', token, signal: closing.signal } as const;
    const { answer } = await send({ ...limits, ...request, isRepeatable: true, isPassing: isBusy });
    if (answer.status === 200) return answer.body;
    throw errorOf(answer.body.error_code as ErrorCode, errorTextOf(answer));
  };
  return {
    board: new BoardClient({ network, url: new URL('a2a', base).href }),
    listTasks: filter => listTasks(filter, page),
    close: () => {
      closing.abort();
      return network.close();
    },
  };
}
