import { Command } from 'commander';
import { withReachedBoard } from '../board-access.ts';
import { callOptionsOf, printTask, type TaskOptions, writingReachedBoard } from '../task-commands.ts';

async function archive(source: string, taskId: string, options: TaskOptions): Promise<void> {
  const result = await withReachedBoard(source, options, board => board.archiveTask(taskId, callOptionsOf(options)));
  await printTask(result, `${taskId}: archived`, options);
}

/** `quadro archive SOURCE TASK_ID` */
export function archiveCommand(): Command {
  return writingReachedBoard(new Command('archive').description('Take a finished task off the board; its log stays'))
    .argument('<task_id>', 'the task')
    .option('--json', 'print the task as one JSON object')
    .addHelpText('after', '\nExample:\n  quadro archive newsroom.db zdv2p')
    .action(archive);
}
