import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { CHECKPOINT_PAGES } from '../../board/backends/sqlite/index.ts';
import { insertEventSql } from './event-rows.ts';
import type { BenchDatabase, Inserters, Place } from './place.ts';

function openFile(file: string): BetterSqlite3.Database {
  const database = new BetterSqlite3(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  return database;
}

/** SQLite blocks: of sixteen connections one writes at a time, each in its turn. */
async function openInserters(file: string, connections: number): Promise<Inserters> {
  const opened = Array.from({ length: connections }, () => openFile(file));
  return {
    inserts: opened.map(database => {
      const statement = database.prepare(insertEventSql('"', () => '?'));
      return async row => statement.run(row);
    }),
    close: async () => {
      for (const database of opened) database.close();
    },
  };
}

function databaseIn(folder: string, name: string): BenchDatabase {
  const file = join(folder, name, 'board.db');
  return {
    url: `sqlite:${file}`,
    openInserters: connections => openInserters(file, connections),
    async number(sql) {
      const database = openFile(file);
      const row = database.prepare<[], { n: number }>(sql).get();
      database.close();
      return Number(row?.n);
    },
    drop: async () => rmSync(join(folder, name), { recursive: true, force: true }),
  };
}

/** Files in a folder of their own. */
export function sqlitePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'quadro-bench-'));
  const memory = new BetterSqlite3(':memory:');
  const version = String(memory.prepare('select sqlite_version()').pluck().get());
  memory.close();
  let made = 0;
  return {
    name: 'sqlite',
    version: `SQLite ${version}`,
    async create() {
      const name = String(made++);
      mkdirSync(join(folder, name));
      return databaseIn(folder, name);
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
