import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { type CopySummary, copyBoard, openBoard } from '../../board/index.ts';
import { post, refusalOf } from '../support/board-steps.ts';
import { type Around, faulty } from './faulty-backend.ts';
import { checkOf, openFull, writeFullBoard } from './full-board.ts';
import { FILE, MEMORY, MYSQL, opened, POSTGRES } from './places.ts';

/** Whatever a stopped copy left must be nothing, or a board that nobody can open. */
async function expectUnopened(into: Backend, boardId = 'default'): Promise<void> {
  await into.open();
  if ((await into.readBoard(boardId)) === null) return;
  const refusal = /^StorageError board_incomplete: The board .* is an unfinished copy: run the same quadro copy/;
  for (const readOnly of [false, true]) {
    expect(await refusalOf(openBoard({ backend: into, boardId, readOnly }))).toMatch(refusal);
    // A board that cannot be opened closes its backend.
    await into.open();
  }
  expect(await refusalOf(copyBoard({ from: into, boardId, into: await opened(MEMORY) }))).toMatch(refusal);
}

async function finish(from: Backend, into: Backend, intoBoardId = 'default'): Promise<CopySummary> {
  const summary = await copyBoard({ from, into, intoBoardId });
  const report = await checkOf(into, intoBoardId);
  expect(report.table_digests).toEqual((await checkOf(from)).table_digests);
  expect(report.ok).toBe(true);
  return summary;
}

/** A copy in which a test intervenes; what came of it. */
function interfering(from: Backend, into: Backend, around: Around, intoBoardId = 'default'): Promise<string> {
  return refusalOf(copyBoard({ from, into: faulty(into, around), intoBoardId }));
}

const SMALL = { from: null as Backend | null };

/** The board that the tests of this file copy; they do not change it. */
async function smallBoard(): Promise<Backend> {
  if (SMALL.from === null) {
    SMALL.from = sqlite({ file: ':memory:' });
    await writeFullBoard(SMALL.from);
  }
  return SMALL.from;
}

const STOPS = [FILE, POSTGRES, MYSQL].flatMap(place =>
  (['before', 'after'] as const).map(when => ({ name: place.name, place, when })),
);

describe('a copy that is stopped', () => {
  it.for(STOPS)(
    '$when any of its transactions into $name leaves nothing, an unfinished copy or a whole one, and goes on',
    async ({ place, when }, context) => {
      if (place.skip !== undefined) context.skip(place.skip);
      const from = await smallBoard();
      const into = await opened(place);
      let stops = 0;
      for (let at = 1; ; at++) {
        const name = `stopped ${when} ${at}`;
        const stop = (transaction: number): void => {
          if (transaction === at) throw new Error('died');
        };
        const outcome = await interfering(from, into, { [when]: stop }, name);
        if (!outcome.includes('died')) break;
        stops += 1;
        const isMade = (await into.readBoard(name)) !== null;
        const isWhole = isMade && (await into.readLeases(name)).every(({ holder }) => holder === null);
        if (!isWhole) await expectUnopened(into, name);
        const { was_complete, resumed } = await finish(from, into, name);
        expect({ was_complete, resumed }, name).toEqual({ was_complete: isWhole, resumed: isMade && !isWhole });
        expect(isMade, name).toBe(when === 'after' || at > 1);
      }
      // The claim, a few pages of each table, and the end.
      expect(stops).toBeGreaterThan(12);
    },
  );

  it('goes on with the logs where they stopped, and does not copy them again', async () => {
    const from = await smallBoard();
    const into = await opened(FILE);
    const { events } = await checkOf(from);
    await interfering(from, into, {
      before: transaction => {
        if (transaction === 3) throw new Error('died');
      },
    });
    const there = (await into.readBoard('default'))?.next_sequence_id ?? 0;
    expect(there).toBeGreaterThan(1);
    const { rows } = await finish(from, into);
    expect(rows.events).toBe(events - (there - 1));
  });

  it('goes on after another and another stop', async () => {
    const from = await smallBoard();
    const into = await opened(FILE);
    // Logs are gone on with; tables begin anew, so that no run of these comes to the end.
    for (let run = 0; run < 9; run++) {
      const outcome = await interfering(from, into, {
        after: transaction => {
          if (transaction === 2 + (run % 3)) throw new Error('died');
        },
      });
      expect(outcome).toContain('died');
    }
    await expectUnopened(into);
    await finish(from, into);
  });

  it('by a signal throws its reason at once, and goes on', async () => {
    const from = await smallBoard();
    const into = await opened(FILE);
    const controller = new AbortController();
    const reason = new Error('stop');
    const seen: number[] = [];
    const onProgress = ({ done }: { done: number }): void => {
      seen.push(done);
      if (seen.length === 3) controller.abort(reason);
    };
    await expect(copyBoard({ from, into, signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(seen).toHaveLength(3);
    await expectUnopened(into);
    await finish(from, into);
    const never = await opened(FILE);
    await expect(copyBoard({ from, into: never, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await never.open();
    expect(await never.readBoards()).toEqual([]);
  });

  it('brings the tables to what the source has become meanwhile: changed, deleted, expired, registered, archived', async () => {
    const [from, into] = [await opened(MEMORY), await opened(FILE)];
    await writeFullBoard(from);
    // The last transaction: all tables were copied.
    const outcome = await interfering(from, into, {
      after: async () => {
        const board = await into.readBoard('default');
        if (board?.next_entry_id !== 1 && (await into.readIdempotency({ board_id: 'default', limit: 1 })).length > 0) {
          throw new Error('died');
        }
      },
    });
    expect(outcome).toContain('died');
    const later = () => Date.now() * 1_000 + 1e12;
    const board = await openBoard({ backend: from, taskTypes: { note: 'fast' }, clock: later, idempotencySeconds: 1 });
    await board.deleteData('𝒜');
    await board.putData('a', 'changed');
    await board.archiveTask('a%');
    await post(board, 'late', 'note');
    await board.postTask({ task_type: 'memo', label: 'x', task_id: 'keyed' }, { idempotencyKey: 'the only one' });
    expect(await from.readIdempotency({ board_id: 'default', limit: 9 })).toHaveLength(1);
    expect(await into.readIdempotency({ board_id: 'default', limit: 9 })).toHaveLength(9);
    await finish(from, into);
  });

  it('by a disk that is full says so, and goes on once there is room', async () => {
    const from = await smallBoard();
    const into = await opened(FILE);
    const pragma = BetterSqlite3.prototype.pragma;
    const limits: ((pages: number) => void)[] = [];
    const spy = vi.spyOn(BetterSqlite3.prototype, 'pragma').mockImplementation(function (
      this: BetterSqlite3.Database,
      ...args
    ) {
      limits.push(pages => void pragma.call(this, `max_page_count = ${pages}`));
      return pragma.apply(this, args);
    });
    await into.open();
    spy.mockRestore();
    // The limit is of a connection, and takes what is there already for the least.
    limits[0]?.(1);
    const full = /^StorageError storage_full: Cannot write to .* is full; free space and try again/;
    expect(await refusalOf(copyBoard({ from, into }))).toMatch(full);
    const database = new BetterSqlite3(into.location, { readonly: true });
    limits[0]?.(Number(database.pragma('page_count', { simple: true })) + 12);
    database.close();
    expect(await refusalOf(copyBoard({ from, into }))).toMatch(full);
    expect((await into.readEvents({ board_id: 'default', after: 0, limit: 9 })).length).toBeGreaterThan(0);
    limits[0]?.(1_000_000);
    expect((await finish(from, into)).resumed).toBe(true);
  });

  it('is not gone on with from a source of another history', async () => {
    const [from, into] = [await opened(FILE), await opened(FILE)];
    await writeFullBoard(from);
    await interfering(from, into, {
      before: transaction => {
        if (transaction === 4) throw new Error('died');
      },
    });
    const database = new BetterSqlite3(from.location);
    const last = (await into.readBoard('default'))?.next_sequence_id ?? 0;
    database.prepare(`update events set actor = 'somebody else' where sequence_id = ?`).run(last - 1);
    const refusal =
      /^ValidationError invalid_source: The unfinished copy default in .* has another history than the source \(row \d+ of events/;
    expect(await refusalOf(copyBoard({ from, into }))).toMatch(refusal);
    // A backup, from before what was copied.
    database.prepare('delete from events where sequence_id > 5').run();
    database.prepare('update boards set next_sequence_id = 6').run();
    expect(await refusalOf(copyBoard({ from, into }))).toMatch(refusal);
    database.prepare(`update boards set board_uid = 'another'`).run();
    expect(await refusalOf(copyBoard({ from, into }))).toMatch(/invalid_source: .* holds another board/);
    database.close();
    await expectUnopened(into);
  });
});

describe('a source that is written meanwhile', () => {
  it('is followed, as long as it comes to rest', async () => {
    const [from, into] = [await opened(MEMORY), await opened(FILE)];
    await writeFullBoard(from);
    const board = await openFull(from);
    let writes = 0;
    const outcome = await interfering(from, into, {
      before: async transaction => {
        if (transaction % 4 !== 0 || writes >= 6) return;
        writes += 1;
        await post(board, `meanwhile ${writes}`, 'memo');
        if (writes === 3) await board.deleteData('ß');
        if (writes === 5) await board.archiveTask('a');
      },
    });
    expect(outcome).toMatch(/^accepted/);
    expect(writes).toBe(6);
    expect((await finish(from, into)).was_complete).toBe(true);
  });

  it('and never rests is left after some passes, with words; later the copy goes on', async () => {
    const [from, into] = [await opened(MEMORY), await opened(FILE)];
    await writeFullBoard(from);
    const board = await openFull(from);
    let writes = 0;
    const outcome = await interfering(from, into, {
      before: async () => {
        writes += 1;
        await board.putData('busy', writes);
      },
    });
    expect(outcome).toMatch(
      /^StorageError board_incomplete: The board default in :memory: is being written, and the copy cannot come to an end: stop its/,
    );
    await expectUnopened(into);
    await finish(from, into);
  });

  it('and grows as fast as its log can be copied: a pass ends where the log ended as it began', async () => {
    const [from, into] = [await opened(MEMORY), await opened(FILE)];
    await writeFullBoard(from);
    const board = await openFull(from);
    let hasTables = false;
    const outcome = await interfering(from, into, {
      before: async transaction => {
        hasTables ||= (await into.readTasks({ board_id: 'default', limit: 1 })).length > 0;
        if (hasTables) return;
        if (transaction > 20) throw new Error('it never ends');
        // As many as the largest page.
        const tasks = Array.from({ length: 1_000 }, (_, index) => ({ task_type: 'memo', label: `${index}` }));
        await board.postTasks(tasks.map((task, index) => ({ ...task, task_id: `task ${transaction} ${index}` })));
      },
    });
    expect(outcome).toMatch(/^accepted/);
    await finish(from, into);
  });
});

describe('two copies at once', () => {
  it.each([1, 2, 3, 5, 9, 12])(
    'the later one, begun before transaction %i of the first, goes on, and the first fails with words',
    async at => {
      const from = await smallBoard();
      const open = await FILE.make();
      const [into, second] = [open(), open()];
      const outcome = await interfering(from, into, {
        before: async transaction => {
          if (transaction === at) await copyBoard({ from, into: second });
        },
      });
      // Before its first transaction it finds the whole copy.
      if (at === 1) expect(outcome).toContain('"was_complete":true');
      else
        expect(outcome).toMatch(
          /^ConflictError lease_lost: The board default in .* is not as this copy left it: another quadro copy has taken over/,
        );
      expect((await finish(from, into)).was_complete).toBe(true);
    },
  );

  it('a paused one does not write into the board that another finished and somebody works on', async () => {
    const from = await smallBoard();
    const open = await FILE.make();
    const [into, second] = [open(), open()];
    const outcome = await interfering(from, into, {
      before: async transaction => {
        if (transaction !== 6) return;
        await copyBoard({ from, into: second });
        await post(await openFull(second), 'worked on', 'memo');
      },
    });
    expect(outcome).toMatch(/lease_lost/);
    expect(await checkOf(second)).toMatchObject({ ok: true, faults: [] });
    expect(await refusalOf(copyBoard({ from, into }))).toMatch(/invalid_source: .* has been worked on since/);
  });

  it('a board that anybody else has written under the mark is not written over', async () => {
    const from = await smallBoard();
    const into = await opened(FILE);
    const outcome = await interfering(from, into, {
      before: transaction => {
        if (transaction !== 4) return;
        const database = new BetterSqlite3(into.location);
        database.exec('update boards set next_entry_id = next_entry_id + 1');
        database.close();
      },
    });
    expect(outcome).toMatch(/^ConflictError lease_lost: The board default in .* is not as this copy left it/);
  });

  it.for([FILE, POSTGRES, MYSQL])(
    'run side by side into $name: one whole board, and who fails says why',
    async (place, context) => {
      if (place.skip !== undefined) context.skip(place.skip);
      const from = await smallBoard();
      const open = await place.make();
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => refusalOf(copyBoard({ from, into: open() }))));
      expect(outcomes.filter(outcome => !/^accepted|lease_lost/.test(outcome))).toEqual([]);
      expect(outcomes.some(outcome => outcome.startsWith('accepted'))).toBe(true);
      expect((await finish(from, open())).was_complete).toBe(true);
    },
  );
});
