import type { UpdateTaskParams } from '../core/intents.ts';

/** What may go along with a step a worker's function asks for. */
export type MoveOptions = Omit<
  UpdateTaskParams,
  'task_id' | 'to_status' | 'fence' | 'if_silent_since' | 'require_idle'
>;

/** The step a worker's function wants its task to take; made by {@link moveTo}. */
export class Move {
  readonly toStatus: string;
  readonly options: MoveOptions;

  constructor(toStatus: string, options: MoveOptions) {
    this.toStatus = toStatus;
    this.options = options;
  }
}

/**
 * Returned by a worker's function, moves its task to a status of its lifecycle instead of posting a plain result.
 *
 * @example execute: async () => moveTo('written', { output: await write(), notes_append: 'two sources' })
 */
export function moveTo(status: string, options: MoveOptions = {}): Move {
  return new Move(status, options);
}
