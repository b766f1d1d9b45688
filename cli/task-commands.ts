import { type Command, InvalidArgumentError } from 'commander';
import type { Task } from '../board/core/records.ts';
import { resultToWire } from '../board/transport/wire.ts';
import { REACH_HELP, type ReachOptions } from './board-access.ts';
import { print, printable, printJson, table } from './output.ts';

/** What every command on a task can be told. */
export interface TaskOptions extends ReachOptions {
  readonly json?: boolean;
  readonly actor?: string;
}

/** Adds the source, and how it is reached. */
export function onReachedBoard(command: Command): Command {
  return command
    .argument('<source>', REACH_HELP)
    .option('--board <name>', 'which board, where the database holds several')
    .option('--token-file <file>', 'the file that holds the token for a service; else QUADRO_TOKEN');
}

/** The same for commands that write: whose doing it is. */
export function writingReachedBoard(command: Command): Command {
  return onReachedBoard(command).option('--actor <name>', "whose doing it is; else nobody's, or the token's name");
}

/** The options of a call, as the command line gives them. */
export function callOptionsOf({ actor }: TaskOptions): { readonly actor?: string } {
  return actor === undefined ? {} : { actor };
}

/** A table of tasks for people. */
export function tasksText(tasks: readonly Task[]): string {
  const rows = tasks.map(each => [
    each.task_id,
    each.task_type,
    each.priority,
    each.status,
    each.assigned_to,
    each.label,
  ]);
  return table(['task', 'type', 'priority', 'status', 'assigned to', 'label'], rows);
}

/** Prints what became of a task: one line, or the task and its event. */
export async function printTask(
  result: { readonly task: Task },
  sentence: string,
  { json }: TaskOptions,
): Promise<void> {
  if (json) await printJson(resultToWire<'board.get_task'>({ task: result.task }).task);
  else await print(printable(sentence));
}

/** A whole number from 0. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}
