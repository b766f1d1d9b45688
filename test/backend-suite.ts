import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, Changes, Snapshot } from '../board/backends/backend.ts';
import { QuadroError } from '../board/core/errors.ts';
import type { ChiefCycle, FlightLogEntry, OmbudsmanTick } from '../board/core/records.ts';
import { contentRules } from './backend-suite/content.ts';
import { moreRules } from './backend-suite/more.ts';
import { byCodePoint, ODD_IDS } from './backend-suite/odd-ids.ts';
import { reopeningRules } from './backend-suite/reopening.ts';
import { sharedRules } from './backend-suite/shared.ts';
import { signalRules } from './backend-suite/signals.ts';
import { togetherRules } from './backend-suite/together.ts';
import { NO_DEPTHS } from './support/no-depths.ts';
import { agentRecord, boardRecord, changesOf, eventRecord, keysFor, taskRecord } from './support/records.ts';

/** A database for one test. */
export interface BackendHarness {
  /** A new backend on that database, not yet open. */
  open(): Backend;
  teardown?(): Promise<void>;
}

/** How the suite reaches a backend. */
export interface BackendSuiteOptions {
  readonly setup: () => Promise<BackendHarness>;
  /** Why the whole suite cannot run here. */
  readonly skip?: string;
  /**
   * Whether the database outlives the connection that made it. Where not, the rules of a second connection do not apply and
   * are no part of the suite. Default true.
   */
  readonly outlivesConnection?: boolean;
  /** Whether the database tells one connection of another's commits; where not, readers poll. Default false. */
  readonly signals?: boolean;
}

/** What a rule's test may use. */
export interface BackendFixture {
  /** Open, on a database in which nobody else has {@link boardId}. */
  readonly backend: Backend;
  readonly boardId: string;
  /** Opens another backend on the same database; closed with the test. */
  openAnother(): Promise<Backend>;
  /** Commits changes to a board, made where it is not there. */
  write(over: Partial<Changes>, boardId?: string, backend?: Backend): Promise<void>;
  /** Appends one event at the board's next number, which it answers: what every commit of a board does. */
  append(backend: Backend, taskId: string, boardId?: string): Promise<number>;
  /** Whether another backend on the same database sees the same. */
  readonly outlivesConnection: boolean;
  /** Whether `onSignal` tells of another connection's commits. */
  readonly signals: boolean;
}

function cycle(sequence_id: number): ChiefCycle {
  return {
    sequence_id,
    cycle_id: `c${sequence_id}`,
    chief_id: 'chief',
    trigger: 'seed',
    woke_at: 1,
    slept_at: 2,
    previous_slept_at: null,
    seen_sequence_id: 0,
    thinking_us: 1,
    acting_us: 0,
    actions_taken: 0,
    coalesced_wakes: 0,
    ...NO_DEPTHS,
    by_capability: { article: { waiting: 1 } },
    draining: true,
    error: null,
  };
}

function tick(sequence_id: number): OmbudsmanTick {
  return {
    sequence_id,
    tick_id: `k${sequence_id}`,
    started_at: 1,
    ended_at: 2,
    statuses_scanned: ['IN_PROGRESS'],
    tasks_scanned: 0,
    stale_count: 0,
    error: 'none',
  };
}

function entry(entry_id: number, task_id: string): FlightLogEntry {
  return { entry_id, task_id, stage: 'writing', payload: [entry_id, { é: null }], timestamp: entry_id };
}

/** The storage contract: what every backend must do, whatever database is below it. */
export function backendSuite(name: string, options: BackendSuiteOptions): void {
  const { setup, skip, outlivesConnection = true, signals = false } = options;

  describe.skipIf(skip !== undefined)(
    `storage contract: ${name}${skip === undefined ? '' : ` (skipped: ${skip})`}`,
    () => {
      let harness: BackendHarness;
      let backend: Backend;
      let boardId: string;
      let others: Backend[];

      beforeEach(async () => {
        harness = await setup();
        backend = harness.open();
        others = [];
        boardId = `board ${randomUUID()}`;
        await backend.open();
      });

      afterEach(async () => {
        for (const each of [backend, ...others]) await each.close();
        await harness.teardown?.();
      });

      async function openAnother(): Promise<Backend> {
        const other = harness.open();
        others.push(other);
        await other.open();
        return other;
      }

      function write(over: Partial<Changes>, id = boardId, on = backend): Promise<void> {
        return on.transact(keysFor(id), ({ board }) => ({
          changes: changesOf(board ?? boardRecord(id), over),
          result: undefined,
        }));
      }

      function append(on: Backend, task_id: string, id = boardId): Promise<number> {
        return on.transact(keysFor(id), ({ board }) => {
          const row = board ?? boardRecord(id);
          const sequence_id = row.next_sequence_id;
          const next = { ...row, next_sequence_id: sequence_id + 1 };
          return { changes: changesOf(next, { events: [eventRecord(sequence_id, { task_id })] }), result: sequence_id };
        });
      }

      const fixture: BackendFixture = {
        get backend() {
          return backend;
        },
        get boardId() {
          return boardId;
        },
        openAnother,
        write,
        append,
        outlivesConnection,
        signals,
      };

      const events = (on = backend) => on.readEvents({ board_id: boardId, after: 0, limit: 10_000 });

      describe('transact', () => {
        it('gives an empty snapshot of a board that is not there, and its rows afterwards', async () => {
          const before = await backend.transact(keysFor(boardId, { task_ids: ['t'] }), snapshot => ({
            changes: null,
            result: snapshot,
          }));
          expect(before).toMatchObject({ board: null, profiles: null });
          expect([before.tasks.size, before.agents.size, before.idempotency.size, before.data.size]).toEqual([
            0, 0, 0, 0,
          ]);
          const board = boardRecord(boardId, { resumable: true, imported_until: 7, last_timestamp: 2 ** 52 });
          const task = taskRecord('t', {
            assigned_to: 'a',
            notes: ['one', 'zwei ✓'],
            visits: { UNASSIGNED: 2 },
            output: '',
          });
          const agent = agentRecord('a', {
            open_assignments: ['t'],
            current_task_id: 't',
            status: 'BUSY',
            version: null,
          });
          const kept = { idempotency_key: 'k', fingerprint: 'f', result: { task: { n: 1.5 } }, created_at: 3 };
          const data = { key: 'd', value: [null, true, 'x'], updated_at: 4 };
          await backend.transact(keysFor(boardId), () => ({
            changes: changesOf(board, { tasks: [task], agents: [agent], idempotency: [kept], data_put: [data] }),
            result: null,
          }));
          const keys = keysFor(boardId, { task_ids: ['t', 'u'], idempotency_keys: ['k', 'l'], data_keys: ['d', 'e'] });
          const after = await backend.transact(keys, snapshot => ({ changes: null, result: snapshot }));
          expect(after.board).toEqual(board);
          expect([...after.tasks]).toEqual([['t', task]]);
          expect([...after.agents], 'the agent that holds a named task is read too').toEqual([['a', agent]]);
          expect([...after.idempotency]).toEqual([['k', kept]]);
          expect([...after.data]).toEqual([['d', data]]);
        });

        it('replaces a task, an agent, a data entry and a key whole, and deletes data', async () => {
          const kept = { idempotency_key: 'k', fingerprint: 'f', result: {}, created_at: 1 };
          const rows = {
            tasks: [taskRecord('t', { output: 'old', notes: ['n'] })],
            agents: [agentRecord('a', { open_assignments: ['t'] })],
            data_put: [
              { key: 'd', value: 1, updated_at: 1 },
              { key: 'e', value: 1, updated_at: 1 },
            ],
            idempotency: [kept],
          };
          await write(rows);
          await write({
            tasks: [taskRecord('t', { status: 'STALE' })],
            agents: [agentRecord('a', { status: 'OFFLINE' })],
            data_put: [{ key: 'd', value: null, updated_at: 2 }],
            data_deleted: ['e', 'not there'],
            idempotency: [{ ...kept, fingerprint: 'g' }],
          });
          expect(await backend.readTasks({ board_id: boardId, limit: 9 })).toEqual([
            taskRecord('t', { status: 'STALE' }),
          ]);
          expect(await backend.readAgents(boardId)).toEqual([agentRecord('a', { status: 'OFFLINE' })]);
          expect(await backend.readData({ board_id: boardId, limit: 9 })).toEqual([
            { key: 'd', value: null, updated_at: 2 },
          ]);
          const keys = keysFor(boardId, { idempotency_keys: ['k'] });
          const { idempotency } = await backend.transact(keys, result => ({ changes: null, result }));
          expect(idempotency.get('k')?.fingerprint).toBe('g');
        });

        it('writes nothing where decide throws, and gives on what it threw', async () => {
          await append(backend, 't');
          const before = await backend.readBoard(boardId);
          class Refusal extends Error {}
          const refused = backend.transact(keysFor(boardId), () => {
            throw new Refusal('no');
          });
          await expect(refused).rejects.toBeInstanceOf(Refusal);
          expect(await backend.readBoard(boardId)).toEqual(before);
          expect(await append(backend, 't'), 'and the next transaction goes through').toBe(2);
        });

        it('writes nothing where one of its rows cannot be written', async () => {
          await append(backend, 't');
          const before = await backend.readBoard(boardId);
          const twice = write({ tasks: [taskRecord('lost')], events: [eventRecord(1)] });
          await expect(twice).rejects.toBeInstanceOf(QuadroError);
          expect(await backend.readBoard(boardId)).toEqual(before);
          expect(await backend.readTasks({ board_id: boardId, limit: 9 })).toEqual([]);
          expect(await events()).toHaveLength(1);
        });

        it('writes no row at all where there are no changes', async () => {
          await backend.transact(keysFor(boardId), () => ({ changes: null, result: null }));
          expect(await backend.readBoard(boardId)).toBeNull();
        });

        it('reads and writes some thousand rows at once', async () => {
          const ids = Array.from({ length: 1_500 }, (_, index) => `t${index}`);
          await write({ tasks: ids.map(id => taskRecord(id)), events: ids.map((_, index) => eventRecord(index + 1)) });
          const read = await backend.transact(keysFor(boardId, { task_ids: ids }), ({ tasks }) => ({
            changes: null,
            result: tasks,
          }));
          expect(read.size).toBe(1_500);
          expect((await events()).map(event => event.sequence_id)).toEqual(ids.map((_, index) => index + 1));
        });

        it('serialises transactions that run at once: numbers are gapless', async () => {
          const numbers = await Promise.all(Array.from({ length: 50 }, () => append(backend, 't')));
          expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
        });

        it('reads profiles only where the version the caller knows is not the board’s', async () => {
          const profile = { profile: 'p', profile_version: 1, definition: { name: 'p' }, registered_at: 1 };
          const type = { task_type: 'memo', task_type_version: 1, profile: 'p', registered_at: 1 };
          const board = boardRecord(boardId, { profiles_version: 3 });
          await backend.transact(keysFor(boardId), () => ({
            changes: changesOf(board, { profiles: [profile], task_types: [type] }),
            result: null,
          }));
          const profilesAt = (profiles_version: number): Promise<Snapshot['profiles']> =>
            backend.transact(keysFor(boardId, { profiles_version }), ({ profiles }) => ({
              changes: null,
              result: profiles,
            }));
          expect(await profilesAt(3)).toBeNull();
          expect(await profilesAt(2)).toEqual({ profiles: [profile], task_types: [type] });
          expect(await backend.readProfiles(boardId)).toEqual({ profiles: [profile], task_types: [type] });
        });

        it('deletes idempotency keys older than it is told, of this board only', async () => {
          const kept = (idempotency_key: string, created_at: number) => ({
            idempotency_key,
            fingerprint: 'f',
            result: {},
            created_at,
          });
          const other = `${boardId} too`;
          await write({ idempotency: [kept('old', 10), kept('edge', 20), kept('new', 30)] });
          await write({ idempotency: [kept('old', 10)] }, other);
          await write({ idempotency_expired_before: 20 });
          const read = async (id: string): Promise<string[]> => {
            const keys = keysFor(id, { idempotency_keys: ['old', 'edge', 'new'] });
            const { idempotency } = await backend.transact(keys, result => ({ changes: null, result }));
            return [...idempotency.keys()].sort();
          };
          expect(await read(boardId)).toEqual(['edge', 'new']);
          expect(await read(other)).toEqual(['old']);
        });
      });

      describe('ids are byte-exact', () => {
        it('in tasks, agents, keys and data: case, spaces, accents, wildcards and quotes are themselves', async () => {
          await write({
            tasks: ODD_IDS.map(id => taskRecord(id, { label: id })),
            agents: ODD_IDS.map(id => agentRecord(id)),
            data_put: ODD_IDS.map(key => ({ key, value: key, updated_at: 1 })),
            idempotency: ODD_IDS.map(key => ({ idempotency_key: key, fingerprint: key, result: {}, created_at: 1 })),
          });
          const keys = { task_ids: ODD_IDS, agent_ids: ODD_IDS, data_keys: ODD_IDS, idempotency_keys: ODD_IDS };
          const all = await backend.transact(keysFor(boardId, keys), result => ({ changes: null, result }));
          const sorted = ODD_IDS.toSorted(byCodePoint);
          for (const found of [all.tasks, all.agents, all.data, all.idempotency]) {
            expect([...found.keys()].toSorted(byCodePoint)).toEqual(sorted);
          }
          for (const id of ODD_IDS) {
            const tasks = await backend.readTasks({ board_id: boardId, task_ids: [id], limit: 9 });
            expect(tasks.map(task => [task.task_id, task.label])).toEqual([[id, id]]);
            const data = await backend.readData({ board_id: boardId, keys: [id], limit: 9 });
            expect(data.map(({ key, value }) => [key, value])).toEqual([[id, id]]);
          }
          expect((await backend.readAgents(boardId)).map(agent => agent.agent_id)).toEqual(sorted);
        });

        it('in the logs and in statuses', async () => {
          const rows = ODD_IDS.map((task_id, index) => eventRecord(index + 1, { task_id, agent_id: task_id }));
          await write({
            events: rows,
            flight_log: ODD_IDS.map((id, index) => entry(index + 1, id)),
            tasks: ODD_IDS.map(status => taskRecord(`in ${status}`, { status })),
          });
          const page = { board_id: boardId, after: 0, limit: 99 };
          for (const [index, id] of ODD_IDS.entries()) {
            expect(await backend.readEvents({ ...page, task_id: id })).toEqual([rows[index]]);
            expect(await backend.readEvents({ ...page, agent_id: id })).toEqual([rows[index]]);
            expect(await backend.readFlightLog({ ...page, task_id: id })).toEqual([entry(index + 1, id)]);
            const inStatus = await backend.readTasks({ board_id: boardId, statuses: [id], limit: 9 });
            expect(inStatus.map(task => task.task_id)).toEqual([`in ${id}`]);
          }
        });

        it('boards of one database do not see each other', async () => {
          const ids = ODD_IDS.map(id => `${boardId}${id}`);
          for (const id of ids) await write({ tasks: [taskRecord(id)], events: [eventRecord(1, { task_id: id })] }, id);
          for (const id of ids) {
            expect((await backend.readBoard(id))?.board_id).toBe(id);
            expect((await backend.readTasks({ board_id: id, limit: 9 })).map(task => task.task_id)).toEqual([id]);
            expect(await backend.readEvents({ board_id: id, after: 0, limit: 9 })).toHaveLength(1);
          }
          const mine = (await backend.readBoards()).map(board => board.board_id).filter(id => id.startsWith(boardId));
          expect(mine).toEqual(ids.toSorted(byCodePoint));
        });
      });

      describe('reads', () => {
        it('nothing of an unknown board', async () => {
          const page = { board_id: boardId, after: 0, limit: 9 };
          expect(await backend.readBoard(boardId)).toBeNull();
          expect(await backend.readProfiles(boardId)).toEqual({ profiles: [], task_types: [] });
          expect(await backend.readTasks({ board_id: boardId, limit: 9 })).toEqual([]);
          expect(await backend.readAgents(boardId)).toEqual([]);
          expect(await backend.readEvents(page)).toEqual([]);
          expect(await backend.readChiefCycles(page)).toEqual([]);
          expect(await backend.readOmbudsmanTicks(page)).toEqual([]);
          expect(await backend.readFlightLog(page)).toEqual([]);
          expect(await backend.readData({ board_id: boardId, limit: 9 })).toEqual([]);
          expect(await backend.countOpenTasks(boardId)).toEqual([]);
        });

        it('Q25: tasks by priority, then created_at, then task_id, a page at a time without gap or repeat', async () => {
          const rows = Array.from({ length: 30 }, (_, index) =>
            taskRecord(`t${String(index).padStart(2, '0')}`, {
              priority: (index % 3) - 1,
              created_at: 100 + (index % 4),
            }),
          );
          await write({ tasks: rows.toReversed() });
          const expected = rows.toSorted(
            (a, b) => a.priority - b.priority || a.created_at - b.created_at || byCodePoint(a.task_id, b.task_id),
          );
          expect(await backend.readTasks({ board_id: boardId, limit: 99 })).toEqual(expected);
          const paged = [];
          for (let page = await backend.readTasks({ board_id: boardId, limit: 7 }); page.length > 0; ) {
            paged.push(...page);
            const after = page.at(-1);
            if (after === undefined) break;
            page = await backend.readTasks({ board_id: boardId, limit: 7, after });
          }
          expect(paged).toEqual(expected);
        });

        it('tasks by status, standing and id; archived ones only where they are asked for', async () => {
          const rows = [
            taskRecord('a', { status: 'COMPLETE', standing: 'finished' }),
            taskRecord('b', { status: 'COMPLETE', standing: 'archived', archived_at: 9 }),
            taskRecord('c', { status: 'IN_PROGRESS' }),
            taskRecord('d', { status: 'STALE' }),
          ];
          await write({ tasks: rows });
          const ids = async (query: Omit<Parameters<Backend['readTasks']>[0], 'board_id' | 'limit'>): Promise<string> =>
            (await backend.readTasks({ board_id: boardId, limit: 9, ...query })).map(task => task.task_id).join('');
          expect(await ids({})).toBe('acd');
          expect(await ids({ standings: ['open'] })).toBe('cd');
          expect(await ids({ standings: ['open', 'finished', 'archived'] })).toBe('abcd');
          expect(await ids({ statuses: ['COMPLETE', 'STALE'] })).toBe('ad');
          expect(await ids({ statuses: [] })).toBe('');
          expect(await ids({ task_ids: ['b', 'c', 'z'] })).toBe('c');
          expect(await ids({ task_ids: ['b', 'c'], standings: ['archived'] })).toBe('b');
          expect(await ids({ task_ids: [] })).toBe('');
        });

        it('the logs ascending after a number, at most as many as asked, with every field as written', async () => {
          await write({
            events: [3, 1, 2].map(n => eventRecord(n, { task_id: n === 2 ? 'u' : 't', payload: { n, text: '✓ "\\' } })),
            chief_cycles: [cycle(2), cycle(1)],
            ombudsman_ticks: [tick(1), tick(2)],
            flight_log: [entry(2, 't'), entry(1, 'u'), entry(3, 't')],
          });
          const page = { board_id: boardId, after: 1, limit: 1 };
          const all = { ...page, after: 0, limit: 9 };
          expect((await backend.readEvents(page)).map(event => event.sequence_id)).toEqual([2]);
          expect((await backend.readEvents({ ...all, task_id: 't' })).map(event => event.sequence_id)).toEqual([1, 3]);
          expect((await backend.readEvents(all)).at(2)).toEqual(eventRecord(3, { payload: { n: 3, text: '✓ "\\' } }));
          expect(await backend.readChiefCycles(all)).toEqual([cycle(1), cycle(2)]);
          expect(await backend.readChiefCycles(page)).toEqual([cycle(2)]);
          expect(await backend.readOmbudsmanTicks(all)).toEqual([tick(1), tick(2)]);
          expect(await backend.readOmbudsmanTicks(page)).toEqual([tick(2)]);
          expect(await backend.readFlightLog(all)).toEqual([entry(1, 'u'), entry(2, 't'), entry(3, 't')]);
          expect(await backend.readFlightLog({ ...all, after: 2, task_id: 't' })).toEqual([entry(3, 't')]);
        });

        it('data by prefix, taken as it is, by key in code-point order, a page at a time', async () => {
          const keys = [
            'a',
            'a_b',
            'a_bc',
            'axb',
            'a%',
            'a%b',
            'A_b',
            'b',
            '_x',
            'z\u{10FFFF}',
            'z\u{10FFFF}z',
            'z\uD7FF',
            'z\uE000',
          ];
          await write({ data_put: keys.map(key => ({ key, value: key, updated_at: 1 })) });
          const read = async (query: { prefix?: string; after?: string; limit?: number }): Promise<string[]> =>
            (await backend.readData({ board_id: boardId, limit: 99, ...query })).map(({ key }) => key);
          for (const prefix of [
            '',
            'a',
            'a_',
            'a_b',
            'a%',
            'A',
            '_',
            'z',
            'z\u{10FFFF}',
            'z\uD7FF',
            '\u{10FFFF}',
            'none',
          ]) {
            expect(await read({ prefix }), `prefix ${prefix}`).toEqual(
              keys.filter(key => key.startsWith(prefix)).toSorted(byCodePoint),
            );
          }
          expect(await read({ prefix: 'a', after: 'a%', limit: 2 })).toEqual(['a%b', 'a_b']);
        });

        it('counts open tasks by type, pinned profile, status and stage kind, with the longest wait', async () => {
          await write({
            tasks: [
              taskRecord('a', { status_entered_at: 30 }),
              taskRecord('b', { status_entered_at: 20 }),
              taskRecord('c', { task_type: 'memo', stage_kind: 'active', status: 'IN_PROGRESS' }),
              taskRecord('d', { standing: 'finished', status: 'COMPLETE' }),
              taskRecord('e', { profile_version: 2 }),
              taskRecord('f', { profile: 'fast' }),
            ],
          });
          const waits = { task_type: 'article', status: 'UNASSIGNED', stage_kind: 'wait' };
          const reviewed = { profile: 'review_required', profile_version: 0 };
          const active = { task_type: 'memo', ...reviewed, status: 'IN_PROGRESS', stage_kind: 'active' };
          expect(await backend.countOpenTasks(boardId)).toEqual([
            { ...waits, profile: 'fast', profile_version: 0, count: 1, oldest_entered_at: 2_000 },
            { ...waits, ...reviewed, count: 2, oldest_entered_at: 20 },
            { ...waits, ...reviewed, profile_version: 2, count: 1, oldest_entered_at: 2_000 },
            { ...active, count: 1, oldest_entered_at: 2_000 },
          ]);
        });
      });

      describe('open and close', () => {
        it('opens once however often it is asked, closes once, and says so afterwards', async () => {
          await Promise.all([backend.open(), backend.open()]);
          await append(backend, 't');
          await Promise.all([backend.close(), backend.close()]);
          await backend.close();
          await expect(backend.readBoard(boardId)).rejects.toMatchObject({ code: 'closed' });
          await expect(append(backend, 't')).rejects.toMatchObject({ code: 'closed' });
        });

        it('can be opened again after it was closed, also while it closes', async () => {
          const closing = backend.close();
          await backend.open();
          await closing;
          expect(await append(backend, 't')).toBe(1);
        });

        it('keeps nothing open where it is closed while it opens', async () => {
          const other = harness.open();
          const opening = other.open();
          await other.close();
          await opening;
          await expect(other.readBoards()).rejects.toMatchObject({ code: 'closed' });
        });

        if (!outlivesConnection) return;

        it('keeps what was committed when it is opened anew', async () => {
          await write({ tasks: [taskRecord('t')] });
          await append(backend, 't');
          await backend.close();
          const second = await openAnother();
          expect(await second.readTasks({ board_id: boardId, limit: 9 })).toEqual([taskRecord('t')]);
          expect(await events(second)).toHaveLength(1);
        });

        it("two on one database see each other's commits and stay gapless", async () => {
          const second = await openAnother();
          const turns = Array.from({ length: 40 }, (_, index) =>
            append(index % 2 === 0 ? backend : second, `t${index}`),
          );
          const numbers = (await Promise.all(turns)).toSorted((a, b) => a - b);
          expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
          expect(await events(second)).toEqual(await events());
          expect((await second.readBoard(boardId))?.next_sequence_id).toBe(41);
        });
      });

      contentRules(fixture);
      moreRules(fixture);
      reopeningRules(fixture);
      sharedRules(fixture);
      signalRules(fixture);
      togetherRules(fixture);
    },
  );
}
