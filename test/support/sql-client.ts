import mysql from 'mysql2/promise';
import pg from 'pg';

/** How long a test's connection may take to be made. */
const CONNECT_TIMEOUT_MS = 5_000;

/** One connection of a test's own, beside those of the board it looks at. */
export interface SqlClient {
  /** Runs one statement, with the server's own placeholders (`$1`, `?`); answers its rows. */
  query(statement: string, parameters?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

async function connectPostgres(url: string): Promise<SqlClient> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // One that the server ends while it is idle would end the test's process.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async (statement, parameters = []) => (await client.query(statement, [...parameters])).rows,
    close: () => client.end(),
  };
}

async function connectMysql(url: string): Promise<SqlClient> {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: CONNECT_TIMEOUT_MS });
  connection.on('error', () => undefined);
  return {
    query: async (statement, parameters = []) => {
      const [rows] = await connection.query(statement, [...parameters]);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    close: () => connection.end(),
  };
}

/** Connects to a server by its URL. */
export function connect(url: string): Promise<SqlClient> {
  return url.startsWith('mysql:') ? connectMysql(url) : connectPostgres(url);
}

/** Connects, runs something and closes. */
export async function withClient<Result>(url: string, run: (client: SqlClient) => Promise<Result>): Promise<Result> {
  const client = await connect(url);
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}
