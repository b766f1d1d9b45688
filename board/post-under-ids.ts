import { errorOf, quadroErrorOf } from './core/errors.ts';
import type { PostTaskParams } from './core/intents.ts';
import { checkPayload } from './core/payload.ts';
import { MAX_ID_ATTEMPTS, type TaskIdProvider } from './task-ids.ts';

/**
 * Posts tasks under minted ids where the caller gave none. Where the board refuses because minted ids are taken, those, and
 * only those, are minted anew (Q22); an id of the caller's own that is taken is refused.
 *
 * @throws QuadroError (`task_ids_exhausted`), ValidationError where the provider gives what is no id, and what `post` throws.
 */
export async function postUnderIds<Result>(
  ids: TaskIdProvider,
  given: readonly PostTaskParams[],
  post: (tasks: readonly PostTaskParams[]) => Promise<Result>,
): Promise<Result> {
  const own = given.flatMap(({ task_id }) => task_id ?? []);
  if (own.length === given.length) return post(given);
  const avoided = new Set(own);
  const isMinted = (index: number): boolean => given[index]?.task_id == null;
  let tasks = given.map((task, index) => (isMinted(index) ? { ...task, task_id: mint(ids, avoided) } : task));
  for (let attempt = 1; attempt <= MAX_ID_ATTEMPTS; attempt++) {
    try {
      return await post(tasks);
    } catch (error) {
      const taken = takenIds(error);
      const isTaken = (task: PostTaskParams, index: number): boolean => isMinted(index) && taken.has(task.task_id);
      if (!tasks.some(isTaken)) throw error;
      tasks = tasks.map((task, index) => (isTaken(task, index) ? { ...task, task_id: mint(ids, avoided) } : task));
    }
  }
  throw exhausted();
}

/** An id that is not in `avoided`, and is from now on. */
function mint(ids: TaskIdProvider, avoided: Set<string>): string {
  for (let attempt = 0; attempt < MAX_ID_ATTEMPTS; attempt++) {
    const task_id = ids.generate(avoided);
    if (avoided.has(task_id)) continue;
    // The provider may be anybody's: its ids are checked like a caller's.
    checkPayload('board.get_task', { task_id });
    avoided.add(task_id);
    return task_id;
  }
  throw exhausted();
}

function exhausted(): Error {
  return errorOf('task_ids_exhausted', `No free task id after ${MAX_ID_ATTEMPTS} attempts: use longer ids`);
}

/** The ids a refusal says are taken; none where that is not what it says. */
function takenIds(error: unknown): ReadonlySet<unknown> {
  const { code, details } = quadroErrorOf(error);
  if (code !== 'duplicate_task_id') return new Set();
  const { task_id, task_ids = [task_id] } = details;
  return new Set(task_ids as readonly unknown[]);
}
