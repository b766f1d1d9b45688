import { describe, expect, it, onTestFinished } from 'vitest';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import { openBoard } from '../../board/open-board.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';
import { mysqlServer, newDatabase, postgresServer, type TestServer } from '../support/servers.ts';
import { connect, type SqlClient, withClient } from '../support/sql-client.ts';

/** What a kind of server needs for a conflict to come about. */
interface Kind {
  readonly name: string;
  readonly server: TestServer;
  /** How many transactions wait for a lock of the database that the asking connection uses. */
  readonly waiting: string;
  /** Makes every insert of an event fail as if it could not be serialized, until the function `allowed` says otherwise. */
  readonly failing: readonly string[];
  readonly allow: string;
  /** What a transaction that could not be serialized is counted as. */
  readonly reason: string;
}

const KINDS: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    server: postgresServer(),
    waiting: `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    failing: [
      'create table allowed (is_allowed boolean)',
      `create function fail() returns trigger language plpgsql as $$ begin
        if not exists (select from allowed) then
          raise exception 'could not serialize access due to concurrent update' using errcode = '40001';
        end if;
        return new;
      end $$`,
      'create trigger failing before insert on events for each row execute function fail()',
    ],
    allow: 'insert into allowed values (true)',
    reason: 'serialization_failure',
  },
  {
    name: 'MariaDB',
    server: mysqlServer(),
    waiting: `select count(*) as n from information_schema.innodb_trx t join information_schema.processlist p
      on p.id = t.trx_mysql_thread_id where t.trx_state = 'LOCK WAIT' and p.db = database()`,
    failing: [
      'create table allowed (is_allowed boolean)',
      `create trigger failing before insert on events for each row begin
        if not exists (select 1 from allowed) then
          signal sqlstate '40001' set mysql_errno = 1213, message_text = 'Deadlock found when trying to get lock';
        end if;
      end`,
    ],
    allow: 'insert into allowed values (true)',
    reason: 'deadlock',
  },
];

interface Fixture {
  readonly url: string;
  readonly board: Board;
  readonly retries: string[];
}

async function boardOn(server: TestServer): Promise<Fixture> {
  const url = await newDatabase(server);
  const board = await openBoard({ backend: backendOfUrl(url), taskTypes: { memo: 'fast' } });
  const retries: string[] = [];
  board.attachMeter({ commit: () => undefined, refusal: () => undefined, retry: reason => retries.push(reason) });
  onTestFinished(() => board.close());
  return { url, board, retries };
}

const memo = (task_id: string) => ({ task_type: 'memo', label: task_id, task_id });

/** Waits until another connection's transaction waits for a lock. */
async function someoneWaits(client: SqlClient, { waiting }: Kind): Promise<void> {
  for (;;) {
    const [row] = await client.query(waiting);
    if (Number(row?.n) > 0) return;
    // InnoDB shows its transactions as they were until nobody has asked for 100 ms.
    await new Promise(resolve => setTimeout(resolve, 150));
  }
}

describe.each(KINDS)('conflicts with other transactions: $name', kind => {
  const { server } = kind;
  const skips = it.skipIf(server.skip !== undefined);
  const title = server.skip === undefined ? '' : ` (skipped: ${server.skip})`;

  skips(`a deadlock is retried inside, counted, and never seen${title}`, async () => {
    const { url, board, retries } = await boardOn(server);
    const ids = Array.from({ length: 20 }, (_, n) => `task ${n}`);
    await board.postTasks(ids.map(memo));
    const [rival, observer] = await Promise.all([connect(url), connect(url)]);
    await rival.query('begin');
    // Much to undo: the server lets the one go that has less.
    await rival.query("update tasks set label = 'held'");
    const moved = board.updateTask({ task_id: 'task 7', to_status: 'IN_PROGRESS' });
    // The board's lock is taken, and the task's row waited for; now each waits for the other.
    await someoneWaits(observer, kind);
    await rival.query('select board_id from boards for update');
    await rival.query('rollback');
    const { event } = await moved;
    await Promise.all([rival.close(), observer.close()]);
    expect(retries).toEqual(['deadlock']);
    const { events } = await board.streamEvents();
    expect(events.at(-1)).toEqual(event);
    expect(events).toHaveLength(ids.length + 1);
    expect((await checkLog(board)).faults).toEqual([]);
  });

  skips(`a transaction that cannot be serialized is tried again until it can be${title}`, async () => {
    const { url, board, retries } = await boardOn(server);
    await withClient(url, async client => {
      for (const statement of kind.failing) await client.query(statement);
      const posted = board.postTask(memo('a'));
      while (retries.length < 3) await new Promise(resolve => setImmediate(resolve));
      await client.query(kind.allow);
      expect((await posted).event.sequence_id).toBe(1);
    });
    expect(new Set(retries)).toEqual(new Set([kind.reason]));
    expect((await board.streamEvents()).events).toHaveLength(1);
  });

  skips(`but a bounded number of times: then it is storage_busy, and nothing is written${title}`, async () => {
    const { url, board, retries } = await boardOn(server);
    await withClient(url, async client => {
      for (const statement of kind.failing) await client.query(statement);
    });
    await expect(board.postTask(memo('a'))).rejects.toMatchObject({ code: 'storage_busy' });
    expect(retries.length).toBeGreaterThan(3);
    expect(retries.length).toBeLessThan(20);
    expect((await board.streamEvents()).events).toEqual([]);
  });
});
