import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import type { Event } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import { ChiefProcess, readNotes } from '../support/chief-process.ts';
import type { ChiefWorkerOptions } from '../support/chief-worker.ts';
import { databaseKinds } from '../support/database-kinds.ts';
import { tempDir } from '../support/temp.ts';

const TASKS = 150;
const KILLS = 3;

/** A board and the processes on it. */
class Town {
  readonly board: Board;
  readonly notes: string;
  readonly #url: string;
  readonly #processes: ChiefProcess[] = [];

  constructor(board: Board, url: string) {
    this.board = board;
    this.notes = join(tempDir(), 'notes.ndjson');
    this.#url = url;
  }

  async start(name: string, over: Partial<ChiefWorkerOptions> = {}): Promise<ChiefProcess> {
    const { notes } = this;
    const options = { url: this.#url, notes, name, workers: 3, leaseSeconds: 2, delivers: true, hasOmbudsman: true };
    const started = await ChiefProcess.start({ ...options, diesAtDispatch: false, ...over });
    this.#processes.push(started);
    return started;
  }

  /** Waits until the Chief of one of these processes leads, and gives it. */
  async leader(among: readonly ChiefProcess[]): Promise<ChiefProcess> {
    for (;;) {
      const { leases } = await this.board.listLeases();
      const holder = leases.find(({ role }) => role === 'chief:chief')?.holder ?? null;
      const leader = holder === null ? undefined : among.find(each => each.isHolder(holder));
      if (leader !== undefined) return leader;
      await sleep(20);
    }
  }

  async post(count: number): Promise<void> {
    await this.board.postTasks(Array.from({ length: count }, () => ({ task_type: 'memo', label: 'hello' })));
  }

  /** Waits until so many tasks are done. */
  async done(count: number): Promise<void> {
    while ((await this.board.listTasksByStatus(['COMPLETE'])).tasks.length < count) await sleep(20);
  }

  /** The events of the log but its heartbeats. */
  async moves(): Promise<readonly Event[]> {
    const { events } = await this.board.streamEvents();
    return events.filter(({ event_type }) => event_type !== 'task_heartbeat');
  }

  /** Lets the processes that are left close, and proves what must hold of every such run. */
  async prove(left: readonly ChiefProcess[]): Promise<void> {
    const ends = await Promise.all(left.map(each => each.close()));
    expect(ends).toEqual(left.map(() => ({ code: 0, stderr: '' })));
    expect((await checkLog(this.board)).faults).toEqual([]);
    for (const { holder } of (await this.board.listLeases()).leases) expect(holder).toBeNull();
    const moves = await this.moves();
    for (const [task, events] of Map.groupBy(moves, event => event.task_id)) {
      const path = events.map(({ to_status }) => to_status).join(' ');
      expect(path, task).toMatch(/^UNASSIGNED IN_PROGRESS( STALE UNASSIGNED IN_PROGRESS)* COMPLETE$/);
    }
    // However often an assignment was told of, by however many Chiefs: one execution began, of the agent it was for.
    const begun = readNotes(this.notes).flatMap(line => ('began' in line ? [line] : []));
    expect(new Set(begun.map(({ fence }) => fence)).size).toBe(begun.length);
    const assigned = new Map(moves.map(event => [event.sequence_id, event]));
    for (const { began, fence, name } of begun) {
      const event = assigned.get(fence);
      expect(event).toMatchObject({ task_id: began, to_status: 'IN_PROGRESS' });
      expect(event?.assigned_to).toMatch(new RegExp(`^${name}_`));
    }
  }

  /** What a process said of having lost the Chief's role. */
  losses(names: string = 'abcde'): readonly string[] {
    const said = readNotes(this.notes).flatMap(line =>
      'reported' in line && names.includes(line.name) ? [line.reported] : [],
    );
    return said.filter(each => each.startsWith('chief:chief was lost; this process stands by: '));
  }

  /** Which process's Chief made each assignment, runs of the same as one. */
  async reigns(): Promise<readonly string[]> {
    const assignments = (await this.moves()).filter(({ to_status }) => to_status === 'IN_PROGRESS');
    const chiefs = assignments.map(({ cycle_id }) => cycle_id?.split('-')[0] ?? 'nobody');
    return chiefs.filter((chief, index) => chief !== chiefs[index - 1]);
  }
}

describe.each(databaseKinds())('several processes of one Chief: $name', ({ skip, create }) => {
  /** A board on a database of its own, closed when the test is over. */
  async function inTown(live: (town: Town) => Promise<void>): Promise<void> {
    const { url, backend } = await create();
    const board = await openBoard({ backend: backend(), taskTypes: { memo: 'fast' } });
    try {
      await live(new Town(board, url));
    } finally {
      await board.close();
    }
  }

  it.skipIf(skip !== undefined)(
    `the leader is killed with kill -9 in the middle of work, ${KILLS} times: another takes over, and every task is done once`,
    () =>
      inTown(async town => {
        let living = [await town.start('a'), await town.start('b')];
        await town.post(TASKS);
        const killed: string[] = [];
        for (let kill = 1; kill <= KILLS; kill++) {
          await town.done(Math.floor((TASKS * kill) / (KILLS + 2)));
          const leader = await town.leader(living);
          await leader.kill();
          killed.push(leader.name);
          living = [...living.filter(each => each !== leader), await town.start('cde'[kill - 1] ?? '')];
        }
        await town.done(TASKS);
        const last = await town.leader(living);
        await town.prove(living);
        const reigns = await town.reigns();
        expect(reigns).toEqual(expect.arrayContaining([...killed, last.name]));
        // Nobody assigns in between; a busy machine may cost a living process its role, and it says so.
        expect(reigns.length).toBeLessThanOrEqual(KILLS + 1 + town.losses().length);
        const { leases } = await town.board.listLeases();
        expect(leases.find(({ role }) => role === 'chief:chief')?.term).toBeGreaterThan(KILLS);
      }),
  );

  it.skipIf(skip !== undefined)(
    'the leader dies between a commit and its dispatch: whoever takes over sends the same assignment again',
    () =>
      inTown(async town => {
        const doomed = await town.start('a', { workers: 0, hasOmbudsman: false, diesAtDispatch: true });
        const heir = await town.start('b', { workers: 1, hasOmbudsman: false, delivers: false });
        expect(await town.leader([doomed, heir])).toBe(doomed);
        await town.post(1);
        await doomed.gone();
        await town.done(1);
        expect(await town.leader([heir])).toBe(heir);
        const moves = await town.moves();
        await town.prove([heir]);
        expect(moves.map(({ to_status, cycle_id }) => [to_status, cycle_id?.split('-')[0]])).toEqual([
          ['UNASSIGNED', undefined],
          ['IN_PROGRESS', 'a'],
          ['COMPLETE', undefined],
        ]);
        expect(readNotes(town.notes)).toContainEqual({
          name: 'b',
          began: moves[1]?.task_id,
          fence: moves[1]?.sequence_id,
        });
      }),
  );

  it.skipIf(skip !== undefined)(
    'the leader is frozen for longer than its lease and thaws: it has lost its role, and has written nothing since',
    () =>
      inTown(async town => {
        const [a, b] = [await town.start('a'), await town.start('b')];
        expect(await town.leader([a, b])).toBe(a);
        await town.post(TASKS);
        await town.done(10);
        await frozen(town, a);
        expect(await town.leader([b])).toBe(b);
        await town.done(Math.floor(TASKS / 2));
        a.thaw();
        await town.done(TASKS);
        while (town.losses('a').length === 0) await sleep(20);
        await town.prove([a, b]);
        const reigns = await town.reigns();
        expect(reigns.slice(0, 2)).toEqual(['a', 'b']);
        // The loss of its role by freezing begins the reign of the other; only a further one begins another.
        expect(reigns.length).toBeLessThanOrEqual(1 + town.losses().length);
      }),
  );
});

/** Freezes a process between two of its transactions: one that is frozen within holds the board's lock. */
async function frozen({ board }: Town, process: ChiefProcess): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    process.freeze();
    const isFree = await board.putData('probe', attempt).then(
      () => true,
      () => false,
    );
    if (isFree) return;
    process.thaw();
    await sleep(50);
  }
}
