import BetterSqlite3 from 'better-sqlite3';
import { TABLES, type TableColumns } from '../../board/backends/kysely/columns.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/index.ts';

/** Tasks worked on by the board itself; every other row of the log is a copy of theirs. */
const TEMPLATE_TASKS = 40;
/** Blocks of copies a statement makes. */
const CHUNK = 500;

const AGENT = 'writer-1';

/** A Chief cycle that dispatches a task, with its row; of ten tasks one is revised and one goes stale first. */
async function workOne(board: Board, task_id: string, kind: number): Promise<void> {
  const cycleId = `cycle-${task_id}`;
  const { next_sequence_id, last_timestamp } = await board.board();
  await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: AGENT }, { cycleId, actor: 'chief' });
  const depths = { waiting: 1, in_flight: 0, idle_agents: 1, busy_agents: 0 };
  await board.call('board.record_cycle', {
    cycle_id: cycleId,
    chief_id: 'chief',
    trigger: 'worker',
    woke_at: last_timestamp,
    slept_at: last_timestamp + 1_500,
    previous_slept_at: last_timestamp - 40_000,
    seen_sequence_id: next_sequence_id - 1,
    thinking_us: 900,
    acting_us: 600,
    actions_taken: 1,
    coalesced_wakes: 0,
    ...depths,
    waiting_after: 0,
    in_flight_after: 1,
    idle_agents_after: 0,
    busy_agents_after: 1,
    stranded_after: 0,
    by_capability: {},
    by_capability_after: {},
    draining: false,
    error: null,
  });
  await board.postAgentHeartbeat({ agent_id: AGENT, task_id });
  const to = (to_status: string, more: object = {}): Promise<unknown> =>
    board.updateTask({ task_id, to_status, ...more });
  if (kind === 1) {
    await to('STALE', { reason: 'stale_heartbeat' });
    await to('UNASSIGNED');
    await to('IN_PROGRESS', { assigned_to: AGENT });
  }
  await to('PENDING_REVIEW', { output: 'A draft' });
  await to('IN_PROGRESS', { assigned_to: 'reviewer-1' });
  if (kind === 2) {
    await to('REVISION_NEEDED');
    await to('IN_PROGRESS', { assigned_to: AGENT });
  }
  await to('APPROVED');
  await to('COMPLETE');
}

/** Works on the template tasks side by side, as a board with a backlog is: their events interleave. */
async function workTemplate(board: Board): Promise<void> {
  for (const agent_id of [AGENT, 'reviewer-1']) {
    const card = { name: agent_id, url: `a2a://${agent_id}`, version: '1', capabilities: [], description: '' };
    await board.registerAgent({ agent_id, ...card });
  }
  const tasks = Array.from({ length: TEMPLATE_TASKS }, (_, n) => `task-${n}`);
  for (const task_id of tasks) {
    await board.postTask({ task_id, task_type: 'article', label: `An article about ${task_id}` });
  }
  await Promise.all(tasks.map((task_id, n) => workOne(board, task_id, n % 10)));
}

/** Columns that name a row of a log, by the counter they count in. */
const EVENT_NUMBERS: ReadonlySet<string> = new Set([
  'sequence_id',
  'entered_sequence_id',
  'finished_sequence_id',
  'seen_sequence_id',
]);
const NAMES: ReadonlySet<string> = new Set(['task_id', 'cycle_id', 'from_cycle_id', 'entered_cycle_id']);
const INSTANT = /(_at|timestamp)$/;

/** A beat's payload says when it was: the instant of its row; every other payload is the template's. */
function beatPayload(micros: string, payload: string): string {
  const text = `strftime('%Y-%m-%dT%H:%M:%S', ${micros} / 1000000, 'unixepoch') || printf('.%06d+00:00', ${micros} % 1000000)`;
  return `case t.event_type when 'task_heartbeat' then json_object('heartbeat_at', ${text}) else ${payload} end`;
}

/** Copies a table's rows for the blocks numbered from ? to ?; `rows` of the log and `micros` of time make a block. */
function copySql(table: TableColumns, rows: { events: number; cycles: number; micros: number }): string {
  const values = table.columns.map(name => {
    const column = `t."${name}"`;
    if (NAMES.has(name)) return `${column} || '-' || g.n`;
    if (name === 'payload') return beatPayload(`(t.timestamp + g.n * ${rows.micros})`, column);
    if (name === 'sequence_id' && table.name === 'chief_cycles') return `${column} + g.n * ${rows.cycles}`;
    if (EVENT_NUMBERS.has(name)) return `${column} + g.n * ${rows.events}`;
    return table.kinds[name] === 'int' && INSTANT.test(name) ? `${column} + g.n * ${rows.micros}` : column;
  });
  const columns = table.columns.map(name => `"${name}"`).join(', ');
  const template = table.name === 'chief_cycles' ? `t.sequence_id <= ${rows.cycles}` : `t.task_id not like 'task-%-%'`;
  return `with recursive g(n) as (select cast(? as integer) union all select n + 1 from g where n < ?)
    insert into ${table.name} (${columns}) select ${values.join(', ')} from ${table.name} t, g where ${template}`;
}

/**
 * Makes a log of at least so many events in a SQLite file: some tasks that a real board worked on, with their Chief cycles, and
 * copies of their rows with numbers, names and times moved on.
 */
export async function fillLog(file: string, events: number): Promise<{ events: number }> {
  const board = await openBoard({ backend: sqlite({ file }) });
  await workTemplate(board);
  const { next_sequence_id, next_cycle_sequence_id, created_at, last_timestamp } = await board.board();
  await board.close();
  const rows = {
    events: next_sequence_id - 1,
    cycles: next_cycle_sequence_id - 1,
    micros: last_timestamp - created_at + 1_000,
  };
  const blocks = Math.ceil(events / rows.events);
  const database = new BetterSqlite3(file);
  database.pragma('synchronous = OFF');
  for (let first = 1; first < blocks; first += CHUNK) {
    const last = Math.min(first + CHUNK, blocks) - 1;
    for (const table of [TABLES.tasks, TABLES.events, TABLES.chief_cycles]) {
      database.prepare(copySql(table, rows)).run(first, last);
    }
  }
  database
    .prepare(
      `update boards set next_sequence_id = next_sequence_id + ?, next_cycle_sequence_id = next_cycle_sequence_id + ?,
        last_timestamp = last_timestamp + ?`,
    )
    .run((blocks - 1) * rows.events, (blocks - 1) * rows.cycles, (blocks - 1) * rows.micros);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  return { events: blocks * rows.events };
}
