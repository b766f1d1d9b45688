import { type Dialect, MysqlDialect, sql } from 'kysely';
import { importPeer } from '../../missing-package.ts';
import type { Backend } from '../backend.ts';
import type { DialectTraits } from '../kysely/dialect-traits.ts';
import { KyselyBackend } from '../kysely/kysely-backend.ts';
import { reopeningOf } from '../reopening.ts';
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from '../server-options.ts';
import { isConnectionLost, isDuplicateKey, isMissingTable, mysqlErrorOf, retryReasonOf } from './errors.ts';
import { poolOf } from './pool.ts';
import type { MysqlServer } from './server.ts';

/** How to reach the server, and how to use it. */
export type MysqlOptions = ServerOptions;

const DEFAULTS = { schemes: ['mysql', 'mariadb'], port: 3306, user: 'root', parameters: [] } as const;

/** What every server takes until it has said how much it takes: a quarter of MySQL's and MariaDB's smallest default. */
const FIRST_STATEMENT_BYTES = 4 * 1_048_576;

function traitsOf(maxStatementBytes: () => number): DialectTraits {
  return {
    types: {
      // Bytes: every collation of text folds something, or pads with spaces, on one of the servers.
      text: 'varbinary(200)',
      longText: 'longtext',
      int: 'bigint',
      bool: 'tinyint(1)',
      // The JSON type would sort keys and round numbers.
      json: 'longtext',
    },
    tableSuffix: () => 'engine=InnoDB row_format=dynamic default character set utf8mb4 collate utf8mb4_bin',
    indexesWithTable: true,
    planStatements: [],
    growthStatements: [],
    supportsArrays: false,
    rowsOfJson: null,
    plainKinds: new Set([]),
    byteLength: column => sql`octet_length(${sql.ref(column)})`,
    locksRows: true,
    supportsOnConflict: false,
    losesCommitAnswers: true,
    maxParameters: 65_535,
    maxStatementBytes,
    errorOf: mysqlErrorOf,
    retryReasonOf,
    isConnectionLost,
    isMissingTable,
    isDuplicateKey,
  };
}

async function dialectOf(options: ResolvedServerOptions, onServer: (server: MysqlServer) => void): Promise<Dialect> {
  const { createPool } = await importPeer('mysql2', () => import('mysql2'));
  return new MysqlDialect({ pool: poolOf(createPool, options, onServer) });
}

/**
 * A board in MySQL (8.0 or newer) or MariaDB (10.6 or newer): any number of processes, which find each other's commits by
 * polling. Needs the package `mysql2`.
 *
 * @example const board = await openBoard({ backend: mysql({ url: 'mysql://quadro:secret@db/boards' }) });
 * @throws ConfigurationError (`invalid_configuration`); when opened: StorageError `storage_unavailable`,
 * `storage_access_denied`, `storage_unsupported`, `storage_newer_schema`, `storage_failed`, ConfigurationError
 * (`missing_package`).
 */
export function mysql(options: MysqlOptions): Backend {
  const resolved = resolveServerOptions(options, DEFAULTS);
  let statementBytes = FIRST_STATEMENT_BYTES;
  return new KyselyBackend({
    name: 'mysql',
    location: resolved.location,
    isSynchronous: false,
    sidecarPath: null,
    reopening: reopeningOf(import.meta.url, 'mysql', options),
    traits: traitsOf(() => statementBytes),
    dialect: () =>
      dialectOf(resolved, server => {
        statementBytes = Math.floor(server.max_allowed_packet / 2);
      }),
    migrates: !resolved.readOnly,
    retry: resolved.retry,
  });
}
