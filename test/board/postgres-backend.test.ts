import { describe, expect, it, onTestFinished } from 'vitest';
import { type PostgresOptions, postgres } from '../../board/backends/postgres/index.ts';
import { checkLog } from '../../board/check/check.ts';
import { openBoard } from '../../board/open-board.ts';
import { backendSuite } from '../backend-suite.ts';
import { post, refusalOf, walk } from '../support/board-steps.ts';
import { postgresKind } from '../support/server-kinds.ts';
import { newDatabase, sharedDatabase } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';

const kind = postgresKind();
const { server } = kind;
const { skip } = server;
const database = sharedDatabase(server);

backendSuite('PostgreSQL', {
  signals: true,
  setup: () => Promise.resolve({ open: () => postgres({ url: database.url }) }),
  ...(skip !== undefined && { skip }),
});

/** A board on a database; closed with the test. */
async function boardOn(url: string, options: PostgresOptions = {}) {
  const board = await openBoard({ backend: postgres({ url, ...options }), taskTypes: { memo: 'fast' } });
  onTestFinished(() => board.close());
  return board;
}

describe.skipIf(skip !== undefined)(`PostgreSQL${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('schemas of one database hold boards of the same name, and do not see each other', async () => {
    const url = await newDatabase(server);
    const schemas = ['public', 'news', 'News "x"; drop table boards; --', '名前'];
    for (const schema of schemas) await post(await boardOn(url, { schema }), `in ${schema}`, 'memo');
    for (const schema of schemas) {
      const inUrl = new URL(url);
      inUrl.searchParams.set('schema', schema);
      const board = await boardOn(inUrl.href);
      expect((await board.streamEvents()).events.map(event => event.task_id)).toEqual([`in ${schema}`]);
    }
    const tables = await withClient(url, client =>
      client.query(`select schemaname from pg_tables where tablename = 'boards' order by schemaname collate "C"`),
    );
    expect(tables.map(row => row.schemaname)).toEqual(schemas.toSorted());
  });

  it("is not misled by the database's own settings", async () => {
    const url = await newDatabase(server);
    await withClient(url, async client => {
      const name = new URL(url).pathname.slice(1);
      for (const setting of [
        `default_transaction_isolation = 'serializable'`,
        `search_path = 'elsewhere'`,
        `client_encoding = 'LATIN1'`,
        `standard_conforming_strings = off`,
        `DateStyle = 'SQL, DMY'`,
        `extra_float_digits = 0`,
      ]) {
        await client.query(`alter database ${name} set ${setting}`);
      }
    });
    const boards = [await boardOn(url), await boardOn(url)];
    const label = String.raw`名前 \' \\ ä`;
    await Promise.all(
      boards.flatMap(board => Array.from({ length: 20 }, () => board.postTask({ task_type: 'memo', label }))),
    );
    const [board] = boards;
    if (board === undefined) throw new Error('no board');
    const tasks = await Array.fromAsync(board.tasks());
    expect(new Set(tasks.map(task => task.label))).toEqual(new Set([label]));
    expect((await checkLog(board)).faults).toEqual([]);
    expect((await board.streamEvents()).events).toHaveLength(40);
  });

  it('a server that only reads is storage_read_only', async () => {
    const url = await newDatabase(server);
    await post(await boardOn(url), 't', 'memo');
    const name = new URL(url).pathname.slice(1);
    await withClient(url, client => client.query(`alter database ${name} set default_transaction_read_only = on`));
    const backend = postgres({ url });
    const board = await openBoard({ backend: postgres({ url, readOnly: true }), readOnly: true });
    expect((await board.getTask('t')).task.task_id).toBe('t');
    await board.close();
    onTestFinished(() => backend.close());
    await backend.open();
    const cursor = await refusalOf(backend.saveCursor('default', 'otel', {}));
    expect(cursor).toMatch(/^StorageError storage_read_only: .*only reads/);
  });

  it('a user with few connections is made do with those', async () => {
    const url = await newDatabase(server);
    await (await boardOn(url)).close();
    const limited = await kind.newUser(url, ['select', 'insert', 'update', 'delete']);
    await withClient(url, client => client.query(`alter role ${new URL(limited).username} connection limit 2`));
    const board = await boardOn(limited, { poolSize: 8 });
    const posts = Array.from({ length: 10 }, (_, index) => post(board, `t${index}`, 'memo'));
    const reads = Array.from({ length: 10 }, () => board.listAgents());
    await Promise.all([...posts, ...reads]);
    expect((await board.streamEvents()).events).toHaveLength(10);
  });

  it('without prepared statements, behind a pooler, all is the same', async () => {
    const url = await newDatabase(server);
    const board = await boardOn(url, { preparesStatements: false });
    await post(board, 't', 'memo');
    await walk(board, 't', ['IN_PROGRESS', 'COMPLETE']);
    expect((await checkLog(board)).faults).toEqual([]);
    const prepared = await boardOn(url);
    expect((await prepared.getTask('t')).task.status).toBe('COMPLETE');
  });
});
