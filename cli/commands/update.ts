import { Command } from 'commander';
import { withTarget } from '../task/open-target.ts';
import type { TargetOptions } from '../task/target.ts';
import {
  callOptionsOf,
  type WriteOptions,
  wholeNumber,
  withTargetArgument,
  withWriteOptions,
} from '../task/target-options.ts';
import { printMoved } from '../task/task-text.ts';

interface UpdateOptions extends TargetOptions, WriteOptions {
  readonly assignedTo?: string;
  readonly output?: string;
  readonly note?: string;
  readonly reason?: string;
  readonly fence?: number;
  readonly json?: boolean;
}

async function run(text: string, taskId: string, status: string, options: UpdateOptions): Promise<void> {
  const { assignedTo, output, note, reason, fence, json } = options;
  const params = {
    task_id: taskId,
    to_status: status,
    ...(assignedTo !== undefined && { assigned_to: assignedTo }),
    ...(output !== undefined && { output }),
    ...(note !== undefined && { notes_append: note }),
    ...(reason !== undefined && { reason }),
    ...(fence !== undefined && { fence }),
  };
  await withTarget(text, 'write', options, async ({ board }) => {
    await printMoved(await board.updateTask(params, callOptionsOf(options)), json);
  });
}

const EXAMPLES = `
Examples:
  quadro update newsroom.db k3x9p IN_PROGRESS --assigned-to ann
  quadro update http://127.0.0.1:7337 k3x9p HUMAN_REVIEW --note 'needs a lawyer'`;

/** `quadro update SOURCE TASK_ID STATUS` */
export function updateCommand(): Command {
  const command = withTargetArgument(new Command('update').description('Move a task along its lifecycle'))
    .argument('<task_id>', 'which task')
    .argument('<status>', 'where it goes; a step that its lifecycle does not have is refused')
    .option('--assigned-to <agent_id>', 'who has it from now on')
    .option('--output <text>', 'what has come of it')
    .option('--note <text>', 'a note to add')
    .option('--reason <text>', 'why, as the event keeps it')
    .option('--fence <sequence_id>', 'refuse it where the task has been moved since it was entered there', wholeNumber);
  return withWriteOptions(command).addHelpText('after', EXAMPLES).action(run);
}
