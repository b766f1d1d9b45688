import { Command } from 'commander';
import { resultToWire } from '../../board/transport/wire.ts';
import { print, printable, printJson } from '../output.ts';
import { withTarget } from '../task/open-target.ts';
import type { TargetOptions } from '../task/target.ts';
import { callOptionsOf, type WriteOptions, withTargetArgument, withWriteOptions } from '../task/target-options.ts';

async function run(
  text: string,
  taskId: string,
  options: TargetOptions & WriteOptions & { readonly json?: boolean },
): Promise<void> {
  await withTarget(text, 'write', options, async ({ board }) => {
    const result = await board.archiveTask(taskId, callOptionsOf(options));
    if (options.json) await printJson(resultToWire(result));
    else await print(printable(result.archived ? `${taskId}  archived` : `${taskId}  was archived already`));
  });
}

/** `quadro archive SOURCE TASK_ID` */
export function archiveCommand(): Command {
  const command = withTargetArgument(new Command('archive').description('Put a finished task away')).argument(
    '<task_id>',
    'which task',
  );
  return withWriteOptions(command).addHelpText('after', '\nExample:\n  quadro archive newsroom.db k3x9p').action(run);
}
