import { StorageError } from '../../core/errors.ts';

/** The oldest releases whose SQL this backend keeps to: MariaDB's [major, minor], and MySQL's. */
const OLDEST_MARIADB = [10, 6] as const;
const OLDEST_MYSQL = [8, 0] as const;

/** What a server says of itself. */
export interface MysqlServer {
  /** `8.0.36`, or `10.11.6-MariaDB-…`. */
  readonly version: string;
  /** Bytes of the largest packet it takes. */
  readonly max_allowed_packet: number;
}

/**
 * Whether the server is MariaDB.
 *
 * @throws StorageError (`storage_unsupported`) where it is too old.
 */
export function checkVersion(version: string, location: string): boolean {
  const isMariaDb = /mariadb/i.test(version);
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat);
  const [oldestMajor, oldestMinor] = isMariaDb ? OLDEST_MARIADB : OLDEST_MYSQL;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return isMariaDb;
  const [name, needed] = isMariaDb ? ['MariaDB', OLDEST_MARIADB] : ['MySQL', OLDEST_MYSQL];
  throw new StorageError(
    'storage_unsupported',
    `${location} is ${name} ${version}: Quadro needs ${name} ${needed.join('.')} or newer`,
  );
}
