import mysql, { type RowDataPacket } from 'mysql2/promise';
import { insertEventSql } from './event-rows.ts';
import type { Inserters, Place } from './place.ts';
import { serverPlace } from './server-place.ts';

async function numberAt(url: string, sql: string): Promise<number> {
  const connection = await mysql.createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return Number(rows[0]?.n);
  } finally {
    await connection.end();
  }
}

/** A connection of the pool for each statement in flight; `execute` prepares the statement once on each. */
async function openInserters(url: string, connections: number): Promise<Inserters> {
  const pool = mysql.createPool({ uri: url, connectionLimit: connections });
  const taken = await Promise.all(Array.from({ length: connections }, () => pool.getConnection()));
  const sql = insertEventSql('`', () => '?');
  return {
    inserts: taken.map(connection => row => connection.execute(sql, row.map(columnValue))),
    async close() {
      for (const connection of taken) connection.release();
      await pool.end();
    },
  };
}

/** A value as the driver's types have it: rows hold texts, numbers and nulls only. */
function columnValue(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

/** A MySQL or MariaDB server. Rejects where it cannot be reached. */
export async function mysqlPlace(url: string): Promise<Place> {
  const admin = await mysql.createConnection({ uri: url, connectTimeout: 5_000 });
  const [rows] = await admin.query<RowDataPacket[]>('select version() as version');
  const version = String(rows[0]?.version);
  return serverPlace({
    name: 'mysql',
    version: version.includes('MariaDB') ? version : `MySQL ${version}`,
    url,
    createDatabase: name => admin.query(`create database ${name} character set utf8mb4`),
    dropDatabase: name => admin.query(`drop database if exists ${name}`),
    openInserters,
    number: numberAt,
    close: () => admin.end(),
  });
}
