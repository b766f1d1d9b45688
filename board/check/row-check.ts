import type { Task } from '../core/records.ts';
import type { TableSource } from '../table-source.ts';
import type { FaultList } from './faults.ts';
import type { LogCheck } from './log-check.ts';
import type { TableDigests } from './table-digests.ts';
import { differences, type FoldedFields, foldedFields, type TaskState } from './task-state.ts';

/** Rows read again at once. */
const PAGE_ROWS = 256;

/** How often rows that differ are read again while the board moves on. */
const MAX_ROUNDS = 10;

/** What an import keeps as it found it, whatever the log says. */
const KEPT_BY_IMPORT: ReadonlySet<string> = new Set(['status', 'assigned_to', 'heartbeat_at']);

/** What comparing rows needs. */
export interface RowCheckOptions {
  readonly source: TableSource;
  readonly log: LogCheck;
  readonly faults: FaultList;
  /** Takes every row as it is first read. */
  readonly digests: TableDigests;
  readonly importedUntil: number;
  /** Takes the events that were committed meanwhile. */
  readonly catchUp: () => Promise<void>;
}

/**
 * Compares every task's row with what its events say. A board may be written meanwhile: what differs at first is read again
 * after the events that came in between, until row and log stand at the same moment.
 *
 * @returns how many rows there are, and how many of them never stood still long enough to be compared.
 */
export async function checkRows(options: RowCheckOptions): Promise<{ tasks: number; moving: number }> {
  const { source, log, digests } = options;
  let tasks = 0;
  const seen = new Set<string>();
  let suspects = new Set<string>();
  for await (const task of source.tasks()) {
    tasks += 1;
    seen.add(task.task_id);
    digests.add('tasks', task);
    if (!agrees(task, log)) suspects.add(task.task_id);
  }
  for (const id of log.states.keys()) if (!seen.has(id)) suspects.add(id);
  for (let round = 0; round < MAX_ROUNDS && suspects.size > 0; round++) {
    suspects = await compareAgain(options, [...suspects]);
  }
  return { tasks, moving: suspects.size };
}

/** Reads rows between two looks at the log: a task that did not move between them is judged, the others come back. */
async function compareAgain(options: RowCheckOptions, ids: readonly string[]): Promise<Set<string>> {
  const { source, log, catchUp } = options;
  const moved = new Set<string>();
  for (let start = 0; start < ids.length; start += PAGE_ROWS) {
    const page = ids.slice(start, start + PAGE_ROWS);
    await catchUp();
    const until = log.lastSequenceId;
    const rows = new Map((await source.tasksById(page)).map(row => [row.task_id, row]));
    await catchUp();
    for (const id of page) {
      const state = log.states.get(id);
      if (state !== undefined && state.last_sequence_id > until) moved.add(id);
      else judge(options, id, rows.get(id), state);
    }
  }
  return moved;
}

function agrees(task: Task, log: LogCheck): boolean {
  const state = log.states.get(task.task_id);
  return state !== undefined && differences(foldedFields(state), fieldsOf(task)).length === 0;
}

function judge(options: RowCheckOptions, task_id: string, row: Task | undefined, state: TaskState | undefined): void {
  const { faults, importedUntil } = options;
  const isInherited = (sequenceId: number): boolean => importedUntil > 0 && sequenceId <= importedUntil;
  if (state === undefined) {
    if (row === undefined) return;
    const inherited = isInherited(row.entered_sequence_id);
    faults.add('row_without_events', `Task ${task_id} has a row and no event`, { task_id, inherited });
    return;
  }
  const sequence_id = state.last_sequence_id;
  if (row === undefined) {
    const inherited = isInherited(sequence_id);
    faults.add('row_missing', `Task ${task_id} has events and no row`, { sequence_id, task_id, inherited });
    return;
  }
  const expected = foldedFields(state);
  const wrong = differences(expected, fieldsOf(row));
  if (wrong.length === 0) return;
  const isKept = wrong.every(name => KEPT_BY_IMPORT.has(name)) && isInherited(state.entered_sequence_id);
  const values = wrong.map(name => `${name} ${row[name]}, its events say ${expected[name]}`);
  faults.add('row_differs', `The row of task ${task_id} has ${values.join('; ')}`, {
    sequence_id,
    task_id,
    inherited: isKept || isInherited(sequence_id),
  });
}

function fieldsOf(row: Task): FoldedFields {
  const { status, assigned_to, status_entered_at, entered_sequence_id, heartbeat_at } = row;
  const { visit, heartbeats, max_heartbeat_gap_us, last_heartbeat_at, finished_sequence_id } = row;
  return {
    ...{ status, assigned_to, status_entered_at, entered_sequence_id, heartbeat_at },
    ...{ visit, heartbeats, max_heartbeat_gap_us, last_heartbeat_at, finished_sequence_id },
  };
}
