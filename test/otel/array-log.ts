import { LONG_COLUMNS, rowsThatFit } from '../../board/core/page-bytes.ts';
import type { BoardRecord, ChiefCycle, Event, OmbudsmanTick, Task } from '../../board/core/records.ts';
import type { TableRecords } from '../../board/core/tables.ts';
import type { LogSource } from '../../board/log-source.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';

/** The rows of a hand-made log. */
export interface ArrayLog {
  events?: readonly Event[];
  chief_cycles?: readonly ChiefCycle[];
  ombudsman_ticks?: readonly OmbudsmanTick[];
  tasks?: readonly Task[];
  board?: Partial<BoardRecord>;
}

async function page<Log extends 'events' | 'chief_cycles' | 'ombudsman_ticks'>(
  rows: readonly TableRecords[Log][],
  log: Log,
  after: number,
  limit: number,
  maxBytes?: number,
): Promise<readonly TableRecords[Log][]> {
  const asked = rows.filter(row => row.sequence_id > after).slice(0, limit);
  if (maxBytes === undefined) return asked;
  const sizeOf = (row: TableRecords[Log]) =>
    LONG_COLUMNS[log].reduce((sum, column) => sum + Buffer.byteLength(JSON.stringify(row[column] ?? '')), 0);
  return asked.slice(0, rowsThatFit(asked.map(sizeOf), maxBytes));
}

/** A log held in arrays: sources for tests of readers that must not lean on a database. */
export function arrayLog({
  events = [],
  chief_cycles = [],
  ombudsman_ticks = [],
  tasks = [],
  board = {},
}: ArrayLog): LogSource {
  return {
    board: async () => ({
      board_id: 'default',
      board_uid: 'b1',
      created_at: 0,
      last_timestamp: 0,
      next_sequence_id: events.length + 1,
      next_cycle_sequence_id: chief_cycles.length + 1,
      next_tick_sequence_id: ombudsman_ticks.length + 1,
      next_entry_id: 1,
      profiles_version: 0,
      resumable: false,
      imported_until: null,
      ...board,
    }),
    events: (after, limit, maxBytes) => page(events, 'events', after, limit, maxBytes),
    chiefCycles: (after, limit, maxBytes) => page(chief_cycles, 'chief_cycles', after, limit, maxBytes),
    ombudsmanTicks: (after, limit, maxBytes) => page(ombudsman_ticks, 'ombudsman_ticks', after, limit, maxBytes),
    taskEvents: (taskId, after, limit, maxBytes) =>
      page(
        events.filter(event => event.task_id === taskId),
        'events',
        after,
        limit,
        maxBytes,
      ),
    taskHistory: async taskId => events.filter(event => event.task_id === taskId),
    tasksById: async ids => tasks.filter(task => ids.includes(task.task_id)),
    onCommit: () => () => {},
  };
}

/** A Chief cycle's row: one that woke at 1 s, found nothing and slept. */
export function cycleRow(given: Partial<ChiefCycle> = {}): ChiefCycle {
  return {
    sequence_id: 1,
    cycle_id: 'c1',
    chief_id: 'chief',
    trigger: 'worker',
    woke_at: 1_000_000,
    slept_at: 1_250_500,
    previous_slept_at: null,
    seen_sequence_id: 0,
    thinking_us: 0,
    acting_us: 0,
    actions_taken: 0,
    coalesced_wakes: 0,
    ...NO_DEPTHS,
    draining: false,
    error: null,
    ...given,
  };
}

/** An Ombudsman tick's row: one that found nothing. */
export function tickRow(given: Partial<OmbudsmanTick> = {}): OmbudsmanTick {
  return {
    sequence_id: 1,
    tick_id: 'o1',
    started_at: 2_000_000,
    ended_at: 2_003_000,
    statuses_scanned: ['IN_PROGRESS'],
    tasks_scanned: 3,
    stale_count: 0,
    error: null,
    ...given,
  };
}
