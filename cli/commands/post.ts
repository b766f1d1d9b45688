import { Command } from 'commander';
import { withReachedBoard } from '../board-access.ts';
import { oneMore } from '../span-options.ts';
import { callOptionsOf, printTask, type TaskOptions, wholeNumber, writingReachedBoard } from '../task-commands.ts';

interface PostOptions extends TaskOptions {
  readonly id?: string;
  readonly priority?: number;
  readonly note?: readonly string[];
  readonly parent?: string;
  readonly key?: string;
}

async function post(source: string, task_type: string, label: string, options: PostOptions): Promise<void> {
  const { id, priority, note, parent, key } = options;
  const params = {
    task_type,
    label,
    ...(id !== undefined && { task_id: id }),
    ...(priority !== undefined && { priority }),
    ...(note !== undefined && { notes: note }),
    ...(parent !== undefined && { parent_task_id: parent }),
  };
  const result = await withReachedBoard(source, options, board => {
    return board.postTask(params, { ...callOptionsOf(options), ...(key !== undefined && { idempotencyKey: key }) });
  });
  await printTask(result, `${result.task.task_id}: ${result.task.label}, ${result.task.status}`, options);
}

const EXAMPLES = `
Examples:
  quadro post newsroom.db article 'How bees find home' --priority 2
  quadro post http://127.0.0.1:7337 article 'How bees find home' --key bees-1`;

/** `quadro post SOURCE TASK_TYPE LABEL` */
export function postCommand(): Command {
  return writingReachedBoard(new Command('post').description('Post a task to a board, or to one that is served'))
    .argument('<task_type>', 'what kind of work it is')
    .argument('<label>', 'what it is about')
    .option('--id <task_id>', 'its id; else one is made')
    .option('--priority <n>', 'lower goes first; default 5', wholeNumber)
    .option('--note <text>', 'a note; may be repeated', oneMore)
    .option('--parent <task_id>', 'the task it is part of')
    .option('--key <key>', 'an idempotency key: the same post under it again posts nothing more')
    .option('--json', 'print the task as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(post);
}
