import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { insertEventSql } from './event-rows.ts';
import type { Inserters, Place } from './place.ts';
import { serverPlace } from './server-place.ts';

const DROP_WAIT_MS = 10;
const DROP_WAITS = 100;

async function numberAt(url: string, sql: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ n: string }>(sql);
    return Number(rows[0]?.n);
  } finally {
    await client.end();
  }
}

/** A connection of the pool for each statement in flight, the statement prepared by its name. */
async function openInserters(url: string, connections: number): Promise<Inserters> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  const text = insertEventSql('"', index => `$${index + 1}`);
  return {
    inserts: clients.map(client => row => client.query({ name: 'insert-event', text, values: [...row] })),
    async close() {
      for (const client of clients) client.release();
      await pool.end();
    },
  };
}

/** A pool's end does not wait for its connections, and some pools take a cut one for an error: they get a while to go. */
async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  const countOpen = 'select count(*)::int as n from pg_stat_activity where datname = $1';
  for (let left = DROP_WAITS; left > 0; left--) {
    const { rows } = await admin.query<{ n: number }>(countOpen, [name]);
    if (rows[0]?.n === 0) break;
    await sleep(DROP_WAIT_MS);
  }
  await admin.query(`drop database if exists ${name} with (force)`);
}

/** A PostgreSQL server. Rejects where it cannot be reached. */
export async function postgresPlace(url: string): Promise<Place> {
  const admin = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await admin.connect();
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  return serverPlace({
    name: 'postgres',
    version: `PostgreSQL ${rows[0]?.server_version}`,
    url,
    createDatabase: name => admin.query(`create database ${name} template template0 encoding 'UTF8'`),
    dropDatabase: name => dropDatabase(admin, name),
    openInserters,
    number: numberAt,
    close: () => admin.end(),
  });
}
