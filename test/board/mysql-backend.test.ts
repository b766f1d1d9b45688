import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mysql } from '../../board/backends/mysql/index.ts';
import { openBoard } from '../../board/open-board.ts';
import { backendSuite } from '../backend-suite.ts';
import { post, refusalOf } from '../support/board-steps.ts';
import { holdBoard, mysqlKind } from '../support/server-kinds.ts';
import { newDatabase, sharedDatabase } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';

const kind = mysqlKind();
const { server } = kind;
const { skip } = server;
const database = sharedDatabase(server);

backendSuite('MariaDB or MySQL', {
  setup: () => Promise.resolve({ open: () => mysql({ url: database.url }) }),
  ...(skip !== undefined && { skip }),
});

describe.skipIf(skip !== undefined)(`MariaDB or MySQL${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('a database whose texts are latin1 holds every text', async () => {
    const url = await newDatabase(server);
    const name = new URL(url).pathname.slice(1);
    await withClient(url, client =>
      client.query(`alter database ${name} character set latin1 collate latin1_swedish_ci`),
    );
    const board = await openBoard({ backend: mysql({ url }), boardId: '名前', taskTypes: { 𝒜: 'fast' } });
    onTestFinished(() => board.close());
    for (const id of ['ä', 'a', 'A', 'a ', '𝒜']) {
      await board.postTask({ task_id: id, task_type: '𝒜', label: `名前 ${id}` });
    }
    const tasks = await Array.fromAsync(board.tasks());
    expect(tasks.map(({ task_id, label }) => [task_id, label]).toSorted()).toEqual(
      ['ä', 'a', 'A', 'a ', '𝒜'].map(id => [id, `名前 ${id}`]).toSorted(),
    );
  });

  it('a statement that somebody interrupts is storage_busy, nothing is written, and it can be sent again', async () => {
    const url = await newDatabase(server);
    const board = await openBoard({ backend: mysql({ url }), taskTypes: { memo: 'fast' } });
    onTestFinished(() => board.close());
    await post(board, 't', 'memo');
    const holder = await holdBoard(url);
    onTestFinished(() => holder.release());
    const refused = refusalOf(post(board, 'u', 'memo'));
    await sleep(100);
    await withClient(url, async client => {
      const waiting = await client.query(
        `select id from information_schema.processlist where db = database() and info like '%for update' and command = 'Query'`,
      );
      for (const { id } of waiting) await client.query(`kill query ${Number(id)}`);
    });
    expect(await refused).toMatch(/^StorageError storage_busy: Cannot write to .*interrupted/);
    await holder.release();
    expect((await post(board, 'u', 'memo')).entered_sequence_id).toBe(2);
  });
});
