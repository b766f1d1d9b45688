import { Command } from 'commander';
import { resultToWire } from '../../board/transport/wire.ts';
import { print, printJson } from '../output.ts';
import { withTarget } from '../task/open-target.ts';
import type { TargetOptions } from '../task/target.ts';
import { withTargetArgument, withTargetOptions } from '../task/target-options.ts';
import { taskPage } from '../task/task-text.ts';

async function run(text: string, taskId: string, options: TargetOptions & { readonly json?: boolean }): Promise<void> {
  await withTarget(text, 'read', options, async ({ board }) => {
    const { task } = await board.getTask(taskId);
    const { events } = await board.getTaskHistory(taskId);
    if (options.json) await printJson({ ...resultToWire({ task }), ...resultToWire({ events }) });
    else await print(taskPage(task, events));
  });
}

/** `quadro show SOURCE TASK_ID` */
export function showCommand(): Command {
  const command = withTargetArgument(
    new Command('show').description('Show a task and its events, archived ones too'),
  ).argument('<task_id>', 'which task');
  return withTargetOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  quadro show newsroom.db k3x9p\n  quadro show http://127.0.0.1:7337 k3x9p --json',
    )
    .action(run);
}
