import BetterSqlite3 from 'better-sqlite3';
import { TABLES, type TableColumns } from '../../board/backends/kysely/columns.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/index.ts';

/** Task types of the board; each has one agent. */
export const TASK_TYPES: readonly string[] = Array.from({ length: 50 }, (_, n) => `type-${n}`);

/** Unfinished tasks of each type, however many have finished: half of them wait, half are worked on. */
const OPEN_PER_TYPE = 10;

/** Blocks of copies a statement makes. */
const CHUNK = 500;

function agentOf(task_type: string): string {
  return `agent-of-${task_type}`;
}

/** Opens the board for writing; every type is done when its result is posted. */
export function openTypedBoard(file: string): Promise<Board> {
  return openBoard({
    backend: sqlite({ file }),
    taskTypes: Object.fromEntries(TASK_TYPES.map(task_type => [task_type, 'fast'])),
  });
}

/** Carries a task of every type from post to finish, side by side, as their agents do: four events each. */
export async function finishOneOfEach(board: Board, name: string): Promise<void> {
  const tasks = TASK_TYPES.map(task_type => ({
    task_type,
    task_id: `${name}-${task_type}`,
    agent_id: agentOf(task_type),
  }));
  for (const { task_id, task_type } of tasks) await board.postTask({ task_id, task_type, label: `A ${task_type}` });
  for (const { task_id, agent_id } of tasks) {
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: agent_id });
  }
  for (const { task_id, agent_id } of tasks) await board.postAgentHeartbeat({ task_id, agent_id });
  for (const { task_id, agent_id } of tasks) await board.postResult({ task_id, agent_id, output: 'done' });
}

async function addOpenTasks(board: Board): Promise<void> {
  for (const task_type of TASK_TYPES) {
    for (let n = 0; n < OPEN_PER_TYPE; n++) {
      const { task } = await board.postTask({ task_type, label: `An open ${task_type}` });
      const { task_id } = task;
      if (n % 2 === 0) continue;
      await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: agentOf(task_type) });
    }
  }
}

/** Columns that name an event, and those that hold an instant: both move on with each copy. */
const NUMBERS: ReadonlySet<string> = new Set(['sequence_id', 'entered_sequence_id', 'finished_sequence_id']);
const INSTANT = /(_at|timestamp)$/;

/** By the key: a scan of all that has been copied so far would be made for every statement. */
const TEMPLATE_TASKS = `t.task_id in (${TASK_TYPES.map(task_type => `'template-${task_type}'`).join(', ')})`;

/** Copies a table's rows for the blocks numbered from ? to ?; `events` and `micros` of the log make a block. */
function copySql(table: TableColumns, { events, micros }: { events: number; micros: number }): string {
  const values = table.columns.map(name => {
    const column = `t."${name}"`;
    if (name === 'task_id') return `${column} || '-' || g.n`;
    if (NUMBERS.has(name)) return `${column} + g.n * ${events}`;
    return table.kinds[name] === 'int' && INSTANT.test(name) ? `${column} + g.n * ${micros}` : column;
  });
  const columns = table.columns.map(name => `"${name}"`).join(', ');
  return `with recursive g(n) as (select cast(? as integer) union all select n + 1 from g where n < ?)
    insert into ${table.name} (${columns}) select ${values.join(', ')} from ${table.name} t, g
    where t.board_id = 'default' and ${table === TABLES.events ? `t.sequence_id <= ${events}` : TEMPLATE_TASKS}`;
}

/**
 * Makes a board of at least so many finished tasks in a SQLite file: one of each type that the board itself has seen done,
 * copies of their rows with numbers, names and times moved on, and a fixed number of open tasks.
 */
export async function fillBoard(file: string, finished: number): Promise<{ tasks: number; events: number }> {
  const board = await openTypedBoard(file);
  for (const task_type of TASK_TYPES) {
    const agent_id = agentOf(task_type);
    const card = { name: agent_id, url: `a2a://${agent_id}`, version: '1', description: '' };
    await board.registerAgent({ agent_id, capabilities: [task_type], ...card });
  }
  await finishOneOfEach(board, 'template');
  const { next_sequence_id, created_at, last_timestamp } = await board.board();
  await board.close();
  const block = { events: next_sequence_id - 1, micros: last_timestamp - created_at + 1_000 };
  const blocks = Math.ceil(finished / TASK_TYPES.length);
  copyBlocks(file, blocks, block);
  const filled = await openTypedBoard(file);
  await addOpenTasks(filled);
  const { next_sequence_id: next } = await filled.board();
  await filled.close();
  return { tasks: blocks * TASK_TYPES.length, events: next - 1 };
}

function copyBlocks(file: string, blocks: number, block: { events: number; micros: number }): void {
  const database = new BetterSqlite3(file);
  database.pragma('synchronous = OFF');
  for (let first = 1; first < blocks; first += CHUNK) {
    const last = Math.min(first + CHUNK, blocks) - 1;
    for (const table of [TABLES.tasks, TABLES.events]) database.prepare(copySql(table, block)).run(first, last);
  }
  database
    .prepare('update boards set next_sequence_id = next_sequence_id + ?, last_timestamp = last_timestamp + ?')
    .run((blocks - 1) * block.events, (blocks - 1) * block.micros);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}
