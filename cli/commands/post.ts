import { Command } from 'commander';
import { oneMore } from '../span-options.ts';
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

interface PostOptions extends TargetOptions, WriteOptions {
  readonly id?: string;
  readonly priority?: number;
  readonly note?: readonly string[];
  readonly parent?: string;
  readonly json?: boolean;
}

async function run(text: string, taskType: string, label: string, options: PostOptions): Promise<void> {
  const { id, priority, note, parent, json } = options;
  const params = {
    task_type: taskType,
    label,
    ...(id !== undefined && { task_id: id }),
    ...(priority !== undefined && { priority }),
    ...(note !== undefined && { notes: note }),
    ...(parent !== undefined && { parent_task_id: parent }),
  };
  await withTarget(text, 'write', options, async ({ board }) => {
    await printMoved(await board.postTask(params, callOptionsOf(options)), json);
  });
}

const EXAMPLES = `
Examples:
  quadro post newsroom.db article 'Bees in winter'
  quadro post http://127.0.0.1:7337 article 'Bees in winter' --priority 1 --key bees-2026`;

/** `quadro post SOURCE TASK_TYPE LABEL` */
export function postCommand(): Command {
  const command = withTargetArgument(new Command('post').description('Post a task'))
    .argument('<task_type>', 'what kind of task it is; its lifecycle follows from it')
    .argument('<label>', 'what it is about, for people')
    .option('--id <task_id>', 'its id; default: one is made')
    .option('--priority <n>', 'lower goes first; default 5', wholeNumber)
    .option('--note <text>', 'a first note; may be repeated', oneMore)
    .option('--parent <task_id>', 'the task it is a part of');
  return withWriteOptions(command).addHelpText('after', EXAMPLES).action(run);
}
