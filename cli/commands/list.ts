import { Command } from 'commander';
import { resultToWire } from '../../board/transport/wire.ts';
import { withReachedBoard } from '../board-access.ts';
import { print, printJson } from '../output.ts';
import { oneMore } from '../span-options.ts';
import { onReachedBoard, type TaskOptions, tasksText } from '../task-commands.ts';

interface ListOptions extends TaskOptions {
  readonly status?: readonly string[];
}

async function list(source: string, options: ListOptions): Promise<void> {
  const { status, json } = options;
  const { tasks } = await withReachedBoard(source, options, board => {
    return status === undefined ? board.getFullState() : board.listTasksByStatus(status);
  });
  if (json) await printJson(resultToWire<'board.list_tasks_by_status'>({ tasks }).tasks);
  else await print(tasksText(tasks));
}

const EXAMPLES = `
Examples:
  quadro list newsroom.db --status UNASSIGNED --status HUMAN_REVIEW
  quadro list http://127.0.0.1:7337`;

/** `quadro list SOURCE` */
export function listCommand(): Command {
  return onReachedBoard(new Command('list').description('List the tasks of a board that are not archived'))
    .option('--status <status>', 'only tasks in this status, archived or not; may be repeated', oneMore)
    .option('--json', 'print one JSON array')
    .addHelpText('after', EXAMPLES)
    .action(list);
}
