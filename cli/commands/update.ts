import { Command } from 'commander';
import { withReachedBoard } from '../board-access.ts';
import { callOptionsOf, printTask, type TaskOptions, wholeNumber, writingReachedBoard } from '../task-commands.ts';

interface UpdateOptions extends TaskOptions {
  readonly assign?: string;
  readonly output?: string;
  readonly note?: string;
  readonly reason?: string;
  readonly fence?: number;
}

async function update(source: string, task_id: string, to_status: string, options: UpdateOptions): Promise<void> {
  const { assign, output, note, reason, fence } = options;
  const params = {
    task_id,
    to_status,
    ...(assign !== undefined && { assigned_to: assign }),
    ...(output !== undefined && { output }),
    ...(note !== undefined && { notes_append: note }),
    ...(reason !== undefined && { reason }),
    ...(fence !== undefined && { fence }),
  };
  const result = await withReachedBoard(source, options, board => board.updateTask(params, callOptionsOf(options)));
  await printTask(result, `${task_id}: ${result.event.from_status} → ${result.task.status}`, options);
}

const EXAMPLES = `
Examples:
  quadro update newsroom.db zdv2p ON_HOLD --reason 'waiting for the photos'
  quadro update http://127.0.0.1:7337 zdv2p APPROVED --note 'Good as it is'`;

/** `quadro update SOURCE TASK_ID STATUS` */
export function updateCommand(): Command {
  return writingReachedBoard(
    new Command('update').description('Move a task to another status, as its lifecycle allows'),
  )
    .argument('<task_id>', 'the task')
    .argument('<status>', 'where to')
    .option('--assign <agent_id>', 'who works on it from now on')
    .option('--output <text>', 'its output')
    .option('--note <text>', 'a note to add')
    .option('--reason <text>', 'why, in the event')
    .option('--fence <n>', 'its entered_sequence_id as you saw it: refused where it has moved since', wholeNumber)
    .option('--json', 'print the task as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(update);
}
