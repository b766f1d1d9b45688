import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { logTable } from '../../analysis/open-log.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../../board/core/tables.ts';
import type { Micros } from '../../board/core/time.ts';
import { type DuckDb, type DuckDbModule, openDuckDb, quoteIdentifier, quoteLiteral } from '../../board/duckdb.ts';
import { openBoard } from '../../board/index.ts';
import { loadTables } from '../../board/load-tables.ts';
import { SimulatedBoard } from './simulate-log.ts';

const STARTED_AT: Micros = 1_760_000_000_000_000;
const TYPES = ['article', 'brief', 'interview', 'column', 'recipe', 'review-of-books', 'obituary', 'weather', 'sports'];
/** A block of this many tasks is simulated; a longer log repeats it. */
const BLOCK_TASKS = 150_000;
const EVENTS_A_TASK = 6.6;
const CHUNK_ROWS = 2048;

/** Forty agents: each type has one of its own and shares the others. */
const AGENTS = Array.from({ length: 40 }, (_, n) => {
  if (n % 4 === 3) return { agent_id: `reviewer-${n}`, capabilities: ['review'] };
  const [own = '', other = ''] = [TYPES[n % TYPES.length], TYPES[(n * 5 + 2) % TYPES.length]];
  return { agent_id: `writer-${n}`, capabilities: [...new Set([own, other])] };
});

async function openEmptyBoard(): Promise<Board> {
  let now = STARTED_AT - 1_000_000;
  const board = await openBoard({ backend: sqlite({ file: ':memory:' }), clock: () => now++ });
  for (const { agent_id, capabilities } of AGENTS) {
    const card = { name: agent_id, url: `a2a://${agent_id}`, version: '1', description: '' };
    await board.registerAgent({ agent_id, capabilities: [...capabilities], ...card });
  }
  return board;
}

/** Gathers rows by columns and hands them to DuckDB a chunk at a time. */
function rowsInto(db: DuckDb, table: TableName, boardUid: string): Promise<{ add(row: object): void; end(): void }> {
  return db.connection.createAppender(`log_${table}`).then(appender => {
    const types: DuckDBType[] = TABLES[table].map((_, index) => appender.columnType(index));
    const values = TABLES[table].map(({ name, type }) => readerOf(db.duckdb, name, type, boardUid));
    let columns: DuckDBValue[][] = values.map(() => []);
    const flush = (): void => {
      const chunk = db.duckdb.DuckDBDataChunk.create(types);
      chunk.setColumns(columns);
      appender.appendDataChunk(chunk);
      columns = values.map(() => []);
    };
    const add = (row: object): void => {
      for (const [index, value] of values.entries()) columns[index]?.push(value(row));
      if (columns[0]?.length === CHUNK_ROWS) flush();
    };
    const end = (): void => {
      if (columns[0]?.length !== 0) flush();
      appender.closeSync();
    };
    return { add, end };
  });
}

function readerOf(duckdb: DuckDbModule, name: string, type: string, boardUid: string): (row: object) => DuckDBValue {
  if (name === 'board_uid') return () => boardUid;
  const read = (row: object): unknown => (row as Readonly<Record<string, unknown>>)[name] ?? null;
  const plain: Readonly<Record<string, (value: unknown) => DuckDBValue>> = {
    int: value => BigInt(Number(value)),
    timestamp: value => new duckdb.DuckDBTimestampValue(BigInt(Number(value))),
    json: value => JSON.stringify(value),
    bool: value => value === true,
    text: value => String(value),
  };
  const convert = plain[type];
  if (convert === undefined) throw new Error(`No simulated log has a column ${name} of type ${type}`);
  return row => {
    const value = read(row);
    return value === null ? null : convert(value);
  };
}

async function simulate(db: DuckDb, boardUid: string, tasks: number): Promise<Block> {
  const events = await rowsInto(db, 'events', boardUid);
  const cycles = await rowsInto(db, 'chief_cycles', boardUid);
  const plan = { tasks, agents: AGENTS, taskTypes: TYPES, startedAt: STARTED_AT };
  const played = new SimulatedBoard(plan, { event: events.add, cycle: cycles.add }).play();
  events.end();
  cycles.end();
  return { events: played.events, cycles: played.cycles, micros: played.endedAt - STARTED_AT + 60_000_000 };
}

/** How far numbers and times move from one block to the next. */
interface Block {
  readonly events: number;
  readonly cycles: number;
  readonly micros: number;
}

const NAMES: ReadonlySet<string> = new Set(['task_id', 'cycle_id', 'from_cycle_id']);
const EVENT_NUMBERS: ReadonlySet<string> = new Set([
  'sequence_id',
  'entered_sequence_id',
  'finished_sequence_id',
  'seen_sequence_id',
]);

/** The rows of every block: the simulated ones with names, numbers and times moved on. */
function blocksSql(table: 'events' | 'chief_cycles', block: Block, blocks: number): string {
  const columns = TABLES[table].map(({ name, type }) => {
    const column = quoteIdentifier(name);
    if (NAMES.has(name)) return `${column} || '-' || b AS ${column}`;
    if (name === 'sequence_id' && table === 'chief_cycles') return `${column} + b * ${block.cycles} AS ${column}`;
    if (EVENT_NUMBERS.has(name)) return `${column} + b * ${block.events} AS ${column}`;
    if (type === 'timestamp') return `${column} + to_microseconds(b * ${block.micros}) AS ${column}`;
    return column;
  });
  return `SELECT ${columns.join(', ')} FROM range(${blocks}) blocks(b), ${logTable(table)}`;
}

/** Tasks as the log leaves them. */
const TASKS_SQL = `
  SELECT board_uid, task_id, any_value(task_type) AS task_type, any_value(profile) AS profile, 0 AS profile_version,
    'A task' AS label, 5 AS priority, arg_max(to_status, sequence_id) AS status,
    CASE WHEN max(finished_sequence_id) IS NULL THEN 'open' ELSE 'finished' END AS standing,
    arg_max(assigned_to, sequence_id) AS assigned_to, min("timestamp") AS created_at, max("timestamp") AS updated_at,
    max("timestamp") FILTER (edge IS NOT NULL) AS status_entered_at,
    max(sequence_id) FILTER (edge IS NOT NULL) AS entered_sequence_id,
    arg_max(stage_kind, sequence_id) FILTER (edge IS NOT NULL) AS stage_kind,
    max(finished_sequence_id) AS finished_sequence_id,
    max("timestamp") FILTER (sequence_id = finished_sequence_id) AS finished_at
  FROM log_all_events GROUP BY board_uid, task_id`;

function tableSql(table: TableName): string {
  if (table === 'events') return 'SELECT * FROM log_all_events ORDER BY sequence_id';
  if (table === 'chief_cycles') return 'SELECT * FROM log_all_cycles ORDER BY sequence_id';
  if (table !== 'tasks') return `SELECT * FROM ${logTable(table)}`;
  const columns = TABLES.tasks.map(({ name }) => quoteIdentifier(name)).join(', ');
  return `SELECT ${columns} FROM (SELECT * FROM ${logTable('tasks')} UNION ALL BY NAME (${TASKS_SQL}))`;
}

/**
 * Writes a simulated log of about so many events to a folder, as `quadro export` writes it, and answers how many they are: one
 * simulated block and copies of it, one after the other, with numbers, names and times moved on. The last is cut in the
 * middle of its work, so that tasks are open where the log ends.
 */
export async function makeLog(folder: string, events: number): Promise<{ events: number; bytes: number }> {
  const db = await openDuckDb({ memoryLimit: '8GB' });
  const board = await openEmptyBoard();
  try {
    await mkdir(folder, { recursive: true });
    const record = await board.board();
    await loadTables(db, { source: board, board: record, tables: TABLE_NAMES });
    const { board_uid } = record;
    const block = await simulate(db, board_uid, Math.min(BLOCK_TASKS, Math.ceil(events / EVENTS_A_TASK)));
    const blocks = Math.ceil(events / block.events);
    const last = Math.min(events, Math.floor((blocks - 0.05) * block.events));
    await db.connection.run(
      `CREATE TABLE log_all_events AS SELECT * FROM (${blocksSql('events', block, blocks)}) WHERE sequence_id <= ${last}`,
    );
    await db.connection.run(
      `CREATE TABLE log_all_cycles AS SELECT * FROM (${blocksSql('chief_cycles', block, blocks)})
       WHERE slept_at <= (SELECT max("timestamp") FROM log_all_events)`,
    );
    await db.connection.run(
      `UPDATE log_boards SET next_sequence_id = ${last + 1}, last_timestamp = (SELECT max("timestamp") FROM log_all_events),
         next_cycle_sequence_id = (SELECT count(*) + 1 FROM log_all_cycles)`,
    );
    for (const table of TABLE_NAMES) {
      const file = quoteLiteral(join(folder, `${table}.parquet`));
      await db.connection.run(`COPY (${tableSql(table)}) TO ${file} (FORMAT parquet, COMPRESSION zstd)`);
    }
    return { events: last, bytes: (await stat(join(folder, 'events.parquet'))).size };
  } finally {
    await board.close();
    await db.close();
  }
}
