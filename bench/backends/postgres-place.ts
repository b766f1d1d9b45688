import pg from 'pg';
import { insertEventSql } from './event-rows.ts';
import type { Inserters, Place } from './place.ts';
import { serverPlace } from './server-place.ts';

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
  // The pool's end does not wait for its connections, and the drop of the database cuts what is left of them.
  pool.on('error', () => undefined);
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
    dropDatabase: name => admin.query(`drop database if exists ${name} with (force)`),
    openInserters,
    number: numberAt,
    close: () => admin.end(),
  });
}
