import { StorageError } from '../../core/errors.ts';

/** The oldest release whose SQL and settings this backend keeps to. */
const OLDEST_VERSION = 13;

/** What a server says of itself and of the database. */
export interface PostgresServer {
  /** `15.4 (Debian …)`. */
  readonly version: string;
  /** `150004`. */
  readonly version_number: number;
  readonly encoding: string;
}

/** @throws StorageError (`storage_unsupported`) where it is too old, or cannot hold every text. */
export function checkServer(server: PostgresServer, location: string): void {
  if (Math.floor(server.version_number / 10_000) < OLDEST_VERSION) {
    throw new StorageError(
      'storage_unsupported',
      `${location} is PostgreSQL ${server.version}: Quadro needs ${OLDEST_VERSION} or newer`,
    );
  }
  if (server.encoding !== 'UTF8') {
    throw new StorageError(
      'storage_unsupported',
      `${location} stores text as ${server.encoding}: a board needs a database in UTF8 (createdb --encoding=UTF8 --template=template0 NAME)`,
    );
  }
}
