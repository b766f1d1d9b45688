import { describe, expect, it } from 'vitest';
import { checkVersion } from '../../board/backends/mysql/server.ts';
import { checkServer } from '../../board/backends/postgres/server.ts';

/** What `version()` says; no server so old can be run beside the others. */
describe('servers that are too old', () => {
  it.each([
    ['5.7.44-log', 'MySQL 5.7.44-log: Quadro needs MySQL 8.0'],
    [
      '10.5.23-MariaDB-1:10.5.23+maria~ubu2004',
      'MariaDB 10.5.23-MariaDB-1:10.5.23+maria~ubu2004: Quadro needs MariaDB 10.6',
    ],
    ['5.5.5-10.3.39-MariaDB', 'needs MariaDB 10.6'],
  ])('MySQL and MariaDB: %s', (version, words) => {
    expect(() => checkVersion(version, 'mysql://db/boards')).toThrow(words);
  });

  it.each([
    ['8.0.36', false],
    ['8.4.2', false],
    ['9.1.0-commercial', false],
    ['10.6.18-MariaDB', true],
    ['10.11.6-MariaDB-0+deb12u1', true],
    ['11.4.2-MariaDB', true],
  ])('%s is taken, and known for what it is', (version, isMariaDb) => {
    expect(checkVersion(version, 'mysql://db/boards')).toBe(isMariaDb);
  });

  it('PostgreSQL', () => {
    const server = { version: '12.18', version_number: 120_018, encoding: 'UTF8' };
    expect(() => checkServer(server, 'postgres://db/boards')).toThrow('PostgreSQL 12.18: Quadro needs 13 or newer');
    expect(() => checkServer({ ...server, version_number: 130_000 }, 'postgres://db/boards')).not.toThrow();
  });

  it('a database that cannot hold every text', () => {
    const server = { version: '15.6', version_number: 150_006, encoding: 'LATIN1' };
    expect(() => checkServer(server, 'postgres://db/boards')).toThrow(/stores text as LATIN1.*UTF8/);
  });
});
