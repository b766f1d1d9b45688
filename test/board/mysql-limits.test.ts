import { expect, it } from 'vitest';
import { mysql } from '../../board/backends/mysql/index.ts';
import { boardRecord, changesOf, keysFor, taskRecord } from '../support/records.ts';
import { mysqlServer, newDatabase } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';

const server = mysqlServer();
const title = server.skip === undefined ? '' : ` (skipped: ${server.skip})`;
const MIB = 2 ** 20;

it.skipIf(server.skip !== undefined)(
  `what is more than one packet goes in several; a row that is more is refused in words, and the next write goes through${title}`,
  async () => {
    const url = await newDatabase(server);
    const [limits] = await withClient(url, client => client.query('select @@max_allowed_packet as bytes'));
    const packetMib = Number(limits?.bytes) / MIB;
    const backend = mysql({ url });
    await backend.open();
    const write = (ids: readonly string[], megabytes: number) =>
      backend.transact(keysFor('b'), ({ board }) => ({
        // Characters that quoting doubles.
        changes: changesOf(board ?? boardRecord('b'), {
          tasks: ids.map(id => taskRecord(id, { notes: ['"'.repeat(megabytes * MIB)] })),
        }),
        result: null,
      }));
    const many = Array.from({ length: packetMib }, (_, n) => `t${n}`);
    await write(many, 1);
    await expect(write(['huge'], packetMib)).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('max_allowed_packet'),
    });
    await write(['after'], 1);
    const tasks = await backend.readTasks({ board_id: 'b', limit: 1_000 });
    expect(tasks.map(task => task.task_id).sort()).toEqual([...many, 'after'].sort());
    expect(tasks.every(task => task.notes[0]?.length === MIB)).toBe(true);
    await backend.close();
  },
);
