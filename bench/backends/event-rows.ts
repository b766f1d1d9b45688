import { encodeRow, TABLES } from '../../board/backends/kysely/columns.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Event } from '../../board/core/records.ts';
import { openBoard } from '../../board/index.ts';
import { recording } from '../recording-backend.ts';
import { registerCallers, runCallers } from './callers.ts';

const COLUMNS = TABLES.events.columns;
const SEQUENCE_AT = COLUMNS.indexOf('sequence_id');
const TASK_AT = COLUMNS.indexOf('task_id');

/** The statement that inserts one row into `events`. */
export function insertEventSql(quote: string, placeholder: (index: number) => string): string {
  const names = COLUMNS.map(name => `${quote}${name}${quote}`);
  return `insert into ${quote}events${quote} (${names.join(', ')}) values (${COLUMNS.map((_, index) => placeholder(index)).join(', ')})`;
}

/** Gives event rows such as the API writes, as values in column order, without end. */
export class EventRows {
  readonly #rows: readonly (readonly unknown[])[];

  private constructor(rows: readonly (readonly unknown[])[]) {
    this.#rows = rows;
  }

  /** Records them from callers on a board in memory. */
  static async record(): Promise<EventRows> {
    const events: Event[] = [];
    const backend = recording(sqlite({ file: ':memory:' }), changes => events.push(...changes.events));
    const board = await openBoard({ backend, taskTypes: { work: 'fast' } });
    const load = { callers: 64, firstCaller: 0, forMs: 200 };
    await registerCallers(board, load);
    await runCallers(board, load);
    await board.close();
    return new EventRows(events.map(event => encodeRow(TABLES.events, 'default', event)));
  }

  /** The row with this sequence number, its task one that no other lap over the recorded rows has. */
  at(sequence: number): readonly unknown[] {
    const lap = Math.floor(sequence / this.#rows.length);
    const row = [...(this.#rows[sequence % this.#rows.length] ?? [])];
    row[SEQUENCE_AT] = sequence;
    row[TASK_AT] = `${row[TASK_AT]}-${lap}`;
    return row;
  }
}
