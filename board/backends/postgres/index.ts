import { type Dialect, PostgresDialect, sql } from 'kysely';
import { importPeer } from '../../missing-package.ts';
import type { Backend } from '../backend.ts';
import type { DialectTraits } from '../kysely/dialect-traits.ts';
import { KyselyBackend } from '../kysely/kysely-backend.ts';
import { reopeningOf } from '../reopening.ts';
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from '../server-options.ts';
import { isConnectionLost, isDuplicateKey, isMissingTable, postgresErrorOf, retryReasonOf } from './errors.ts';
import { clientConfigOf, poolOf } from './pool.ts';
import { rowsOfJson } from './rows-of-json.ts';
import { PostgresSignals } from './signals.ts';

/** How to reach the server, and how to use it. */
export interface PostgresOptions extends ServerOptions {
  /** The schema its tables are in; made where it is not there. Default `public`, or the URL's parameter `schema`. */
  readonly schema?: string;
  /** Whether statements are prepared by name; false behind a pooler that hands out a connection a transaction. Default true. */
  readonly preparesStatements?: boolean;
}

const DEFAULTS = {
  schemes: ['postgres', 'postgresql'],
  port: 5432,
  user: 'postgres',
  parameters: ['schema'],
} as const;

/** Rows that are updated again and again: room on their page lets an update stay there and leave the indexes alone. */
const ROOMY: ReadonlySet<string> = new Set(['boards', 'tasks', 'agents', 'leases', 'cursors', 'writers']);

/** Their dead versions are cleared early, or they would fill the pages. */
const ROOMY_STORAGE =
  'with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)';

const TRAITS: DialectTraits = {
  types: {
    // Compares and sorts byte for byte.
    text: 'text collate "C"',
    longText: 'text',
    int: 'bigint',
    bool: 'boolean',
    json: 'json',
  },
  tableSuffix: table => (ROOMY.has(table) ? ROOMY_STORAGE : ''),
  indexesWithTable: false,
  planStatements: [],
  // Autovacuum gathers statistics a minute late: until then the planner takes a young board for an empty one.
  growthStatements: ['analyze tasks, agents, idempotency_keys'],
  supportsArrays: true,
  rowsOfJson,
  plainKinds: new Set(['text']),
  byteLength: column => sql`octet_length(${sql.ref(column)}::text)`,
  locksRows: true,
  supportsOnConflict: true,
  losesCommitAnswers: true,
  maxParameters: 65_535,
  maxStatementBytes: () => Number.POSITIVE_INFINITY,
  errorOf: postgresErrorOf,
  retryReasonOf,
  isConnectionLost,
  isMissingTable,
  isDuplicateKey,
};

async function dialectOf(options: ResolvedServerOptions, schema: string, prepares: boolean): Promise<Dialect> {
  const driver = await importPeer('pg', () => import('pg'));
  return new PostgresDialect({ pool: poolOf(driver, options, schema, prepares) });
}

/**
 * A board in PostgreSQL (13 or newer, UTF8): any number of processes, commits announced by NOTIFY. Needs the package `pg`.
 *
 * @example const board = await openBoard({ backend: postgres({ url: 'postgres://quadro:secret@db/boards' }) });
 * @throws ConfigurationError (`invalid_configuration`); when opened: StorageError `storage_unavailable`,
 * `storage_access_denied`, `storage_unsupported`, `storage_newer_schema`, `storage_failed`, ConfigurationError
 * (`missing_package`).
 */
export function postgres(options: PostgresOptions): Backend {
  const resolved = resolveServerOptions(options, DEFAULTS);
  const schema = options.schema ?? resolved.parameters.get('schema') ?? 'public';
  const client = async () => {
    const { Client } = await importPeer('pg', () => import('pg'));
    return { Client, config: clientConfigOf(resolved) };
  };
  return new KyselyBackend({
    name: 'postgres',
    location: schema === 'public' ? resolved.location : `${resolved.location}?schema=${schema}`,
    isSynchronous: false,
    sidecarPath: null,
    reopening: reopeningOf(import.meta.url, 'postgres', options),
    traits: TRAITS,
    dialect: () => dialectOf(resolved, schema, options.preparesStatements ?? true),
    schema,
    migrates: !resolved.readOnly,
    retry: resolved.retry,
    signals: () => new PostgresSignals({ schema, client }),
  });
}
