import type { TaskAndEvent } from '../../board/core/intents.ts';
import type { Event, Task } from '../../board/core/records.ts';
import { isoOf } from '../../board/core/time.ts';
import { resultToWire } from '../../board/transport/wire.ts';
import { print, printable, printJson, table } from '../output.ts';

/** A task in a line: what it is called, where it stands and who has it. */
function taskLine({ task_id, label, status, assigned_to }: Task): string {
  const assignee = assigned_to === null ? '' : `, with ${assigned_to}`;
  return printable(`${task_id}  ${status}${assignee}  ${label}`);
}

/** Prints what a command did to a task: its line, or as JSON the task and the event. */
export async function printMoved(result: TaskAndEvent, isJson: boolean | undefined): Promise<void> {
  if (isJson) await printJson(resultToWire(result));
  else await print(taskLine(result.task));
}

/** Tasks for people, one a line. */
export function taskTable(tasks: readonly Task[]): string {
  const rows = tasks.map(each => [
    each.task_id,
    each.task_type,
    each.status,
    each.priority,
    each.assigned_to,
    isoOf(each.status_entered_at),
    each.label,
  ]);
  return table(['task_id', 'task_type', 'status', 'priority', 'assigned_to', 'status_entered_at', 'label'], rows);
}

/** A task with its history for people. */
export function taskPage(task: Task, events: readonly Event[]): string {
  const facts: readonly (readonly [string, unknown])[] = [
    ['task_type', task.task_type],
    ['label', task.label],
    ['status', task.status],
    ['priority', task.priority],
    ['assigned_to', task.assigned_to],
    ['output', task.output],
    ...task.notes.map(note => ['note', note] as const),
  ];
  const rows = events.map(each => [
    each.sequence_id,
    isoOf(each.timestamp),
    each.event_type,
    each.from_status,
    each.to_status,
    each.agent_id,
    each.actor,
  ]);
  return [
    printable(`Task ${task.task_id}`),
    table(['', ''], facts).split('\n').slice(1).join('\n'),
    '',
    table(['event', 'time', 'event_type', 'from', 'to', 'agent_id', 'actor'], rows),
  ].join('\n');
}
