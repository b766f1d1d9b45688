import { Command } from 'commander';
import type { Event, Task } from '../../board/core/records.ts';
import { isoOf } from '../../board/core/time.ts';
import { resultToWire } from '../../board/transport/wire.ts';
import { withReachedBoard } from '../board-access.ts';
import { print, printable, printJson, table } from '../output.ts';
import { onReachedBoard, type TaskOptions, tasksText } from '../task-commands.ts';

function shownText(task: Task, events: readonly Event[]): string {
  const rows = events.map(each => [
    each.sequence_id,
    isoOf(each.timestamp),
    each.event_type,
    each.to_status,
    each.agent_id ?? each.actor,
  ]);
  return [
    tasksText([task]),
    '',
    table(['event', 'at', 'what', 'status', 'who'], rows),
    ...(task.output === null ? [] : ['', printable(`output: ${task.output}`)]),
    ...task.notes.map(note => printable(`note: ${note}`)),
  ].join('\n');
}

async function show(source: string, taskId: string, options: TaskOptions): Promise<void> {
  const { task, events } = await withReachedBoard(source, options, async board => {
    const [{ task }, { events }] = await Promise.all([board.getTask(taskId), board.getTaskHistory(taskId)]);
    return { task, events };
  });
  if (options.json) await printJson({ ...resultToWire<'board.get_task'>({ task }), ...resultToWire({ events }) });
  else await print(shownText(task, events));
}

/** `quadro show SOURCE TASK_ID` */
export function showCommand(): Command {
  return onReachedBoard(new Command('show').description('Show a task and what happened to it'))
    .argument('<task_id>', 'the task, archived or not')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  quadro show http://127.0.0.1:7337 zdv2p')
    .action(show);
}
