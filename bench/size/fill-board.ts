import pg from 'pg';
import { TABLES, type TableColumns } from '../../board/backends/kysely/columns.ts';
import type { Board } from '../../board/board.ts';

/** Events of each task: posted, assigned, two beats, finished. */
export const EVENTS_PER_TASK = 5;

/** Tasks a statement copies. */
const CHUNK = 50_000;

const TEMPLATE = 'template';

/** Carries one task from post to finish; its five events are what every other task's are copied from. */
async function addTemplate(board: Board): Promise<void> {
  const agent_id = 'template-agent';
  const card = { agent_id, name: agent_id, url: 'a2a://x', version: '1', capabilities: [], description: '' };
  await board.registerAgent(card);
  await board.postTask({ task_id: TEMPLATE, task_type: 'work', label: 'A piece of work that was done' });
  await board.updateTask({ task_id: TEMPLATE, to_status: 'IN_PROGRESS', assigned_to: agent_id });
  for (let n = 0; n < 2; n++) await board.postAgentHeartbeat({ agent_id, task_id: TEMPLATE });
  await board.postResult({ task_id: TEMPLATE, agent_id, output: 'done' });
}

/** Columns that name an event, and those that hold an instant: both move on with each copy. */
const NUMBERS: ReadonlySet<string> = new Set(['sequence_id', 'entered_sequence_id', 'finished_sequence_id']);
const INSTANT = /(_at|timestamp)$/;

/** Copies the template's rows of a table for the copies numbered from $1 to $2. */
function copySql(table: TableColumns): string {
  const values = table.columns.map(name => {
    const column = `t."${name}"`;
    if (name === 'task_id') return `'done-' || g`;
    if (NUMBERS.has(name)) return `${column} + g * ${EVENTS_PER_TASK}`;
    return table.kinds[name] === 'int' && INSTANT.test(name) ? `${column} + g * 1000` : column;
  });
  const columns = table.columns.map(name => `"${name}"`);
  return `insert into ${table.name} (${columns.join(', ')}) select ${values.join(', ')}
    from ${table.name} t, generate_series($1::bigint, $2::bigint) g where t.task_id = '${TEMPLATE}'`;
}

/**
 * Fills a new board in PostgreSQL with so many finished tasks, by copying one task's rows inside the database, and gathers
 * statistics as autovacuum would in time.
 */
export async function fillBoard(board: Board, url: string, tasks: number, told: (done: number) => void): Promise<void> {
  await addTemplate(board);
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (let first = 1; first < tasks; first += CHUNK) {
      const last = Math.min(first + CHUNK, tasks) - 1;
      for (const table of [TABLES.tasks, TABLES.events]) await client.query(copySql(table), [first, last]);
      told(last);
    }
    await client.query(
      `update boards set next_sequence_id = next_sequence_id + $1::bigint * ${EVENTS_PER_TASK},
        last_timestamp = last_timestamp + $1::bigint * 1000`,
      [tasks - 1],
    );
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}
