import { errorOf, QuadroError } from './errors.ts';

/**
 * Does one task's part of a bulk. What it refuses keeps its code, and its message and details name the task's place.
 *
 * @example atIndex(3, () => check(tasks[3])) // 'tasks[3]: …'
 */
export function atIndex<Result>(index: number, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof QuadroError)) throw error;
    throw errorOf(error.code, `tasks[${index}]: ${error.message}`, { details: { ...error.details, index } });
  }
}
