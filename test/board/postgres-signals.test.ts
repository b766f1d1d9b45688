import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { postgres } from '../../board/backends/postgres/index.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/open-board.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';

const server = postgresServer();
const title = server.skip === undefined ? '' : ` (skipped: ${server.skip})`;

async function boardAt(url: string, boardId = 'default'): Promise<Board> {
  const board = await openBoard({ backend: postgres({ url }), boardId, taskTypes: { memo: 'fast' } });
  onTestFinished(() => board.close());
  return board;
}

const memo = { task_type: 'memo', label: 'x' };

/** Ends every connection to the database but the asking one. */
function cutAll(url: string): Promise<unknown> {
  return withClient(url, client =>
    client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
        and backend_type = 'client backend'`,
    ),
  );
}

describe.skipIf(server.skip !== undefined)(`change signals by NOTIFY${title}`, () => {
  it("another process's commit calls, one's own does not, and another board's neither", async () => {
    const url = await newDatabase(server);
    const [here, there, elsewhere] = [await boardAt(url), await boardAt(url), await boardAt(url, 'else')];
    const called = vi.fn();
    const stop = here.backend.onSignal('default', called);
    // What may have been missed before LISTEN took effect is told of once.
    await vi.waitFor(() => expect(called).toHaveBeenCalled());
    await there.postTask(memo);
    await vi.waitFor(() => expect(called).toHaveBeenCalledTimes(2));
    await here.postTask(memo);
    await elsewhere.postTask(memo);
    // A further signal of the other process comes after whatever these two would have caused.
    await there.postTask(memo);
    await vi.waitFor(() => expect(called).toHaveBeenCalledTimes(3));
    stop();
    await there.postTask(memo);
    const last = vi.fn();
    here.backend.onSignal('default', last);
    await vi.waitFor(() => expect(last).toHaveBeenCalled());
    expect(called).toHaveBeenCalledTimes(3);
  });

  it('a lost connection is made again, and then everything that may have been missed is told of', async () => {
    const url = await newDatabase(server);
    const [here, there] = [await boardAt(url), await boardAt(url)];
    const called = vi.fn();
    here.backend.onSignal('default', called);
    await vi.waitFor(() => expect(called).toHaveBeenCalled());
    called.mockClear();
    await cutAll(url);
    // Once for the time without a connection, whether or not the commit fell into it.
    await there.postTask(memo);
    await vi.waitFor(() => expect(called).toHaveBeenCalled());
    await vi.waitFor(async () => {
      called.mockClear();
      await there.postTask(memo);
      await vi.waitFor(() => expect(called).toHaveBeenCalled());
    });
  });

  it('a feed on another connection reads each commit without waiting for its poll', async () => {
    const url = await newDatabase(server);
    const [here, there] = [await boardAt(url), await boardAt(url)];
    const { feed } = await import('../../exporters/feed/index.ts');
    const stop = new AbortController();
    const read: number[] = [];
    // A poll that never comes within this test: what is read was signalled.
    const following = (async () => {
      for await (const { events } of feed(here, { pollMs: 3_600_000, signal: stop.signal })) {
        read.push(...events.map(event => event.sequence_id));
      }
    })();
    for (let n = 1; n <= 20; n++) {
      await there.postTask(memo);
      await vi.waitFor(() => expect(read).toEqual(Array.from({ length: n }, (_, index) => index + 1)));
    }
    stop.abort();
    await following;
  });
});
