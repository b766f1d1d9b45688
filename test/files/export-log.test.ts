import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExportedLog } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { TABLE_NAMES, TABLES } from '../../board/core/tables.ts';
import { isoOf } from '../../board/core/time.ts';
import { openDuckDb, quoteIdentifier, quoteLiteral, selectFile } from '../../board/duckdb.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { at, openSmallLog } from '../analysis/small-log.ts';
import { tempDir } from '../support/temp.ts';

describe('exporting a log to files', () => {
  let board: Board;
  beforeAll(async () => {
    board = await openSmallLog();
  });
  afterAll(() => board.close());

  it.each(['parquet', 'ndjson', 'csv'] as const)('writes one .%s a table, and nothing else', async format => {
    const to = join(tempDir(), 'deep', 'folder');
    const files = await exportLog(board, { to, format });
    expect((await readdir(to)).toSorted()).toEqual(TABLE_NAMES.map(table => `${table}.${format}`).toSorted());
    expect(Object.fromEntries(files.map(({ table, rows }) => [table, rows]))).toEqual({
      events: 25,
      tasks: 4,
      agents: 4,
      chief_cycles: 6,
      ombudsman_ticks: 0,
      flight_log: 1,
      boards: 1,
      profiles: 2,
    });
  });

  it('NDJSON has every column of the table, times as on the wire, the values as they are', async () => {
    const to = tempDir();
    await exportLog(board, { to, format: 'ndjson' });
    const lines = async (table: string) =>
      (await readFile(join(to, `${table}.ndjson`), 'utf8'))
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line));
    const { board_uid } = await board.board();
    const [first] = await board.events(0, 1);
    const events = await lines('events');
    expect(events).toHaveLength(25);
    expect(events[0]).toEqual({ board_uid, ...first, timestamp: isoOf(at(0)) });
    expect(Object.keys(events[0])).toEqual(TABLES.events.map(column => column.name));
    expect((await lines('flight_log'))[0].payload).toEqual({ tokens: 5, text: 'a "b"\nc' });
    expect((await lines('agents'))[0]).toMatchObject({ agent_id: 'r1', capabilities: ['review'] });
  });

  it('Parquet has the types of the tables', async () => {
    const to = tempDir();
    await exportLog(board, { to });
    const db = await openDuckDb();
    const described = async (table: string) => {
      const file = quoteLiteral(join(to, `${table}.parquet`));
      const reader = await db.connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${file})`);
      return Object.fromEntries(reader.getRows().map(row => [String(row[0]), String(row[1])]));
    };
    expect(await described('events')).toMatchObject({
      board_uid: 'VARCHAR',
      sequence_id: 'BIGINT',
      timestamp: 'TIMESTAMP',
      payload: 'JSON',
    });
    expect(await described('tasks')).toMatchObject({ notes: 'VARCHAR[]', visits: 'JSON' });
    expect(await described('chief_cycles')).toMatchObject({ draining: 'BOOLEAN' });
    await db.close();
  });

  it('writes only the tables asked for', async () => {
    const to = tempDir();
    await exportLog(board, { to, format: 'csv', tables: ['tasks'] });
    expect(await readdir(to)).toEqual(['tasks.csv']);
  });

  it('a single file is the events, and refuses anything else', async () => {
    const to = join(tempDir(), "it's.ndjson");
    expect(await exportLog(board, { to })).toEqual([{ table: 'events', path: to, rows: 25 }]);
    const refused = { code: 'invalid_configuration' };
    await expect(exportLog(board, { to, tables: ['tasks'] })).rejects.toMatchObject(refused);
    await expect(exportLog(board, { to, format: 'csv' })).rejects.toMatchObject(refused);
  });

  it.each(['parquet', 'ndjson'] as const)(
    'stopped half-way it leaves the former %s files and no other',
    async format => {
      const to = tempDir();
      await mkdir(to, { recursive: true });
      await writeFile(join(to, `events.${format}`), 'the former');
      const stop = new AbortController();
      const onProgress = ({ table }: { table: string }) => {
        if (table === 'agents') stop.abort(new Error('enough'));
      };
      await expect(exportLog(board, { to, format, signal: stop.signal, onProgress })).rejects.toThrow('enough');
      expect(await readdir(to)).toEqual([`events.${format}`]);
      expect(await readFile(join(to, `events.${format}`), 'utf8')).toBe('the former');
    },
  );

  it('a table the source lacks is refused by name, and left out where none was asked for', async () => {
    const from = tempDir();
    await exportLog(board, { to: from, tables: TABLE_NAMES.filter(table => table !== 'flight_log') });
    const log = await openExportedLog(from);
    const lacking = exportLog(log, { to: tempDir(), tables: ['flight_log'] });
    await expect(lacking).rejects.toMatchObject({ code: 'invalid_source' });
    const to = tempDir();
    await exportLog(log, { to, format: 'ndjson' });
    const direct = tempDir();
    await exportLog(board, { to: direct, format: 'ndjson' });
    expect(await readdir(to)).toEqual((await readdir(direct)).filter(name => name !== 'flight_log.ndjson'));
    for (const table of ['events', 'tasks', 'chief_cycles', 'boards']) {
      const text = (folder: string) => readFile(join(folder, `${table}.ndjson`), 'utf8');
      expect(await text(to)).toBe(await text(direct));
    }
    await log.close();
  });
});

describe('quoting for DuckDB', () => {
  it.each(["it's", "''", "'; DROP TABLE x; --", 'a"b', '\\', 'Ω\n', '$1', '%s', ''])(
    '%j is only ever text',
    async text => {
      const db = await openDuckDb();
      const literal = await db.connection.runAndReadAll(`SELECT ${quoteLiteral(text)}`);
      expect(literal.getRows()).toEqual([[text]]);
      if (text !== '') {
        const named = await db.connection.runAndReadAll(`SELECT 1 AS ${quoteIdentifier(text)}`);
        expect(named.columnNames()).toEqual([text]);
      }
      await db.close();
    },
  );

  it('a NUL is refused', () => {
    expect(() => quoteLiteral('a\0b')).toThrow(RangeError);
    expect(() => quoteIdentifier('a\0b')).toThrow(RangeError);
  });

  it('a path with wildcards is one file', async () => {
    const folder = tempDir();
    const path = join(folder, '*.ndjson');
    await writeFile(path, '{"board_uid":"u1"}\n');
    await writeFile(join(folder, 'other.ndjson'), '{"board_uid":"u2"}\n');
    const db = await openDuckDb();
    const reader = await db.connection.runAndReadAll(`SELECT board_uid FROM (${selectFile('boards', path, 'ndjson')})`);
    expect(reader.getRows()).toEqual([['u1']]);
    await db.close();
  });
});
