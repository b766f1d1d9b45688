import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import { type LeaseClaim, LeaseKeeper, type LeaseKeeperOptions } from '../../board/agents/lease-keeper.ts';
import type { HeldLease } from '../../board/agents/leased-port.ts';
import { Ombudsman } from '../../board/agents/ombudsman.ts';
import type { PolicyContext } from '../../board/agents/policy.ts';
import { runBoard } from '../../board/agents/run.ts';
import { WorkerPool } from '../../board/agents/worker-pool.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import { errorOf, type QuadroError } from '../../board/core/errors.ts';
import type { Intent, IntentPort } from '../../board/core/intents.ts';
import { openBoard } from '../../board/open-board.ts';
import { BoardClient } from '../../board/transport/board-client.ts';
import { boardEndpoint } from '../../board/transport/board-endpoint.ts';
import { success } from '../../board/transport/envelope.ts';
import { localNetwork } from '../../board/transport/network.ts';
import { tempDir } from '../support/temp.ts';
import { gate, type Office, openOffice, pathOf, post, register, taskNow, until } from './office.ts';

/** So short that a dead holder is soon known; nobody who must keep its role has so short a lease. */
const SHORT_SECONDS = 0.15;
/** So long that a busy machine does not lose it. */
const LONG_SECONDS = 3;
const CLAIM: LeaseClaim = { role: 'chief:x', kind: 'chief', claims: null };

/** Two boards on one file, as two processes have them. */
async function twoOffices(): Promise<readonly [Office, Office]> {
  const file = join(tempDir(), 'board.db');
  const first = await openOffice({ backend: sqlite({ file }) });
  return [first, await openOffice({ backend: sqlite({ file }) })];
}

interface Kept {
  readonly keeper: LeaseKeeper;
  readonly held: HeldLease[];
  readonly lost: QuadroError[];
  readonly errors: string[];
}

function keep(board: IntentPort, holder: string, over: Partial<LeaseKeeperOptions> = {}): Kept {
  const held: HeldLease[] = [];
  const lost: QuadroError[] = [];
  const errors: string[] = [];
  const keeper = new LeaseKeeper({
    board,
    claim: CLAIM,
    holder,
    leaseSeconds: LONG_SECONDS,
    onHeld: lease => held.push(lease),
    onLost: error => lost.push(error),
    onError: (what, error) => errors.push(`${what}: ${String(error)}`),
    ...over,
  });
  onTestFinished(() => keeper.close());
  return { keeper, held, lost, errors };
}

/** A board of which one intent can be made to fail, or to wait. */
function troubled(board: Board, troubles: { on: Intent; before: () => unknown }): IntentPort {
  return {
    call: async (intent, params, options) => {
      if (intent === troubles.on) await troubles.before();
      return board.call(intent, params, options);
    },
  };
}

const leaseOf = async (board: Board, role = CLAIM.role) =>
  (await board.listLeases()).leases.find(lease => lease.role === role);

/** Takes a role for a process that then falls silent. */
async function takeAndDie(board: Board, over: Partial<LeaseClaim> = {}): Promise<void> {
  await board.call('board.acquire_lease', { ...CLAIM, ...over, holder: 'the dead', duration_ms: SHORT_SECONDS * 1000 });
}

/** Takes a role from its living holder, as one would who has wrongly taken it for dead. */
async function steal(board: Board, role: string): Promise<number> {
  for (;;) {
    const lease = await leaseOf(board, role);
    if (lease?.holder == null) throw new Error(`nobody has ${role}`);
    const dead = [{ role, holder: lease.holder, term: lease.term, renewals: lease.renewals }];
    const claim = { role, kind: lease.kind, claims: lease.claims };
    const taken = await board.call('board.acquire_lease', {
      ...claim,
      holder: 'a thief',
      dead,
      duration_ms: SHORT_SECONDS * 1000,
    });
    if (taken.held) return taken.lease.term;
  }
}

describe('LeaseKeeper', () => {
  it('has a free role at once; who comes second stands by, and has it when the first gives it up', async () => {
    const [one, two] = await twoOffices();
    const first = keep(one.board, 'one');
    await first.keeper.start();
    expect(first.held.map(({ token, isTakeOver }) => [token, isTakeOver])).toEqual([
      [{ role: 'chief:x', term: 1 }, false],
    ]);
    const second = keep(two.board, 'two');
    await second.keeper.start();
    expect([second.held, second.keeper.held]).toEqual([[], null]);
    await first.keeper.close();
    expect([first.keeper.held, first.held[0]?.isHeld(), first.lost]).toEqual([null, false, []]);
    await until(() => second.held.length > 0);
    expect(second.held.map(({ token, isTakeOver }) => [token.term, isTakeOver])).toEqual([[2, true]]);
    expect(await leaseOf(one.board)).toMatchObject({ holder: 'two', term: 2 });
    expect([...first.errors, ...second.errors]).toEqual([]);
  });

  it('renews what it holds, so that nobody takes it', async () => {
    const [one, two] = await twoOffices();
    const first = keep(one.board, 'one', { leaseSeconds: 2 });
    await first.keeper.start();
    const second = keep(two.board, 'two', { leaseSeconds: 2 });
    await second.keeper.start();
    await until(async () => ((await leaseOf(two.board))?.renewals ?? 0) >= 6);
    expect(await leaseOf(two.board)).toMatchObject({ holder: 'one', term: 1 });
    expect([first.held.length, first.lost, second.held]).toEqual([1, [], []]);
  });

  it('waits as long as the holder said it might be silent, not as long as itself would be', async () => {
    const [one, two] = await twoOffices();
    const slow = keep(one.board, 'one', { leaseSeconds: 2 });
    await slow.keeper.start();
    const hasty = keep(two.board, 'two', { leaseSeconds: 0.1 });
    await hasty.keeper.start();
    await until(async () => ((await leaseOf(two.board))?.renewals ?? 0) >= 3);
    expect(await leaseOf(two.board)).toMatchObject({ holder: 'one', term: 1, duration_ms: 2_000 });
    expect([slow.lost, hasty.held]).toEqual([[], []]);
  });

  it('takes over from a holder that has fallen silent, whatever the clocks of the two say', async () => {
    const [one, two] = await twoOffices();
    one.pass(86_400);
    await takeAndDie(one.board);
    two.pass(-86_400);
    const { keeper, held, errors } = keep(two.board, 'two', { leaseSeconds: SHORT_SECONDS });
    await keeper.start();
    expect(held).toEqual([]);
    await until(() => held.length > 0);
    expect(held[0]).toMatchObject({ token: { role: 'chief:x', term: 2 }, isTakeOver: true });
    expect(errors).toEqual([]);
  });

  it('of several that stand by one takes over', async () => {
    const [one, two] = await twoOffices();
    await takeAndDie(one.board);
    const kept = ['a', 'b', 'c', 'd'].map((name, index) =>
      keep(index % 2 === 0 ? one.board : two.board, name, { leaseSeconds: 1 }),
    );
    await Promise.all(kept.map(({ keeper }) => keeper.start()));
    await until(() => kept.some(({ held }) => held.length > 0));
    await until(async () => ((await leaseOf(one.board))?.renewals ?? 0) >= 3);
    expect(kept.flatMap(({ held }) => held.map(({ token }) => token.term))).toEqual([2]);
  });

  it('gives up by its own clock where it cannot renew, and has the role again once it can', async () => {
    const { board } = await openOffice();
    let isCut = false;
    const before = () => {
      if (isCut) throw errorOf('storage_unavailable', 'no connection');
    };
    const port = troubled(board, { on: 'board.acquire_lease', before });
    const { keeper, held, lost, errors } = keep(port, 'one', { leaseSeconds: 1 });
    await keeper.start();
    const [first] = held;
    expect(first?.isHeld()).toBe(true);
    isCut = true;
    await until(() => lost.length > 0);
    expect([first?.isHeld(), keeper.held]).toEqual([false, null]);
    expect(lost.map(({ code, message }) => [code, message])).toEqual([
      ['lease_lost', 'chief:x could not be renewed within 1 s'],
    ]);
    expect(errors, 'it says so once').toEqual(['chief:x could not be renewed: StorageError: no connection']);
    isCut = false;
    await until(() => held.length > 1);
    expect(held[1], 'nobody has taken it meanwhile').toMatchObject({ token: { term: 1 }, isTakeOver: false });
    expect([first?.isHeld(), held[1]?.isHeld()]).toEqual([false, true]);
  });

  it('a renewal that never comes back does not keep it believing', async () => {
    const { board } = await openOffice();
    const held = gate();
    let isHung = false;
    const port = troubled(board, { on: 'board.acquire_lease', before: () => (isHung ? held.opened : undefined) });
    const kept = keep(port, 'one', { leaseSeconds: 0.5 });
    await kept.keeper.start();
    isHung = true;
    await until(() => kept.lost.length > 0);
    expect(kept.held[0]?.isHeld()).toBe(false);
    held.open();
  });

  it('an answer that comes after the lease’s time says nothing of who has the role now', async () => {
    const { board } = await openOffice();
    const delays = [400, 400];
    const before = () => new Promise(resolve => setTimeout(resolve, delays.shift() ?? 0));
    const port = troubled(board, { on: 'board.acquire_lease', before });
    const { keeper, held } = keep(port, 'one', { leaseSeconds: 0.3 });
    await keeper.start();
    expect([held.length, (await leaseOf(board))?.holder]).toEqual([0, 'one']);
    await until(() => held.length > 0);
    expect(delays).toEqual([]);
  });

  it('told by a refused write that another has the role, it is lost at once', async () => {
    const { board } = await openOffice();
    const { keeper, held, lost } = keep(board, 'one');
    await keeper.start();
    await steal(board, 'chief:x');
    held[0]?.lost(errorOf('lease_lost', 'somebody else'));
    held[0]?.lost(errorOf('lease_lost', 'somebody else'));
    expect([lost.map(({ message }) => message), keeper.held]).toEqual([['somebody else'], null]);
    await keeper.close();
    expect(await leaseOf(board), 'closing gives up only what is its own').toMatchObject({ holder: 'a thief', term: 2 });
  });

  it('a role that was taken and given back between two renewals is a new one', async () => {
    const { board } = await openOffice();
    const { keeper, held, lost } = keep(board, 'one', { leaseSeconds: 1 });
    await keeper.start();
    const term = await steal(board, 'chief:x');
    await board.call('board.release_lease', { role: 'chief:x', holder: 'a thief', term });
    await until(() => held.length > 1);
    expect(held.map(({ token, isTakeOver }) => [token.term, isTakeOver])).toEqual([
      [1, false],
      [3, true],
    ]);
    expect(held[0]?.isHeld()).toBe(false);
    expect(lost).toHaveLength(1);
  });

  it('an overlap with a living holder is refused at start; a dead one makes way', async () => {
    const [one, two] = await twoOffices();
    const living = keep(one.board, 'one', {
      claim: { ...CLAIM, role: 'chief:a', claims: ['memo'] },
      leaseSeconds: 0.6,
    });
    await living.keeper.start();
    const refused = keep(two.board, 'two', { leaseSeconds: 2 });
    await expect(refused.keeper.start()).rejects.toMatchObject({
      code: 'lease_conflict',
      message: 'chief:x cannot be taken: chief:a, held by one, has memo to itself',
    });
    expect(refused.held).toEqual([]);
    await living.keeper.close();
    await takeAndDie(one.board, { role: 'chief:b', claims: ['memo', 'ad'] });
    await takeAndDie(one.board, { role: 'chief:c', claims: ['poem'] });
    const patient = keep(two.board, 'three', { leaseSeconds: SHORT_SECONDS });
    await patient.keeper.start();
    expect(patient.held).toMatchObject([{ token: { role: 'chief:x', term: 1 }, isTakeOver: false }]);
    expect((await one.board.listLeases()).leases.map(({ holder }) => holder)).toEqual([null, null, null, 'three']);
  });

  it('closed while it waits for another’s end, it waits no longer and takes nothing', async () => {
    const { board } = await openOffice();
    await takeAndDie(board, { role: 'chief:b' });
    const { keeper, held } = keep(board, 'one');
    const starting = keeper.start();
    await until(async () => (await board.listLeases()).leases.length > 0);
    await keeper.close();
    await starting;
    expect([held, await leaseOf(board)]).toEqual([[], undefined]);
  });
});

describe('a Chief under a lease', () => {
  /** The lease of a process that does not notice that time passes. */
  async function frozenLease(board: Board): Promise<HeldLease & { readonly told: QuadroError[] }> {
    const claim = { role: 'chief:chief', kind: 'chief', claims: null };
    const { lease } = await board.call('board.acquire_lease', {
      ...claim,
      holder: 'the frozen',
      duration_ms: SHORT_SECONDS * 1000,
    });
    const told: QuadroError[] = [];
    const token = { role: lease.role, term: lease.term };
    return { token, isTakeOver: false, isHeld: () => true, lost: error => told.push(error), told };
  }

  it('that was frozen in the middle of a cycle writes nothing and tells nobody once another has taken over', async () => {
    const [one, two] = await twoOffices();
    await register(one.board, 'ann', 'note');
    const sent: unknown[] = [];
    for (const { network } of [one, two]) {
      network.registerEndpoint('a2a://ann', async request => {
        sent.push(request);
        return success((request as { request_id: string }).request_id);
      });
    }
    const { task_id } = await post(one.board, 'note');
    const began = gate();
    const thawed = gate();
    const policy = async ({ board }: PolicyContext) => {
      began.open();
      await thawed.opened;
      await board.putData('from the past', 1).catch(() => undefined);
    };
    const frozen = new Chief({ ...one.surroundings, policy });
    const lease = await frozenLease(one.board);
    const cycles = frozen.lead(lease);
    await began.opened;
    const run = await runBoard(two.board, { chief: new Chief(two.surroundings), leaseSeconds: SHORT_SECONDS });
    expect(run.roles).toEqual([]);
    await until(() => run.roles.length > 0);
    await until(async () => (await taskNow(two.board, task_id)).status === 'IN_PROGRESS');
    const before = (await two.board.board()).next_sequence_id;
    thawed.open();
    expect(await cycles).toBe(1);
    await run.close();
    expect(lease.told.map(({ code }) => code)).toContain('lease_lost');
    expect((await two.board.getData('from the past')).value).toBeNull();
    expect(sent).toHaveLength(1);
    expect((await two.board.board()).next_sequence_id).toBe(before);
    const { events } = await two.board.getTaskHistory(task_id);
    const row = (await two.board.chiefCycles(0, 10)).map(each => each.cycle_id);
    expect(row).toContain(events[1]?.cycle_id);
    expect([...one.reported, ...two.reported]).toEqual([]);
    expect((await two.board.getData('_chief_telemetry')).value).toMatchObject({ status: 'sleeping' });
  });

  it('that is frozen between its decision and its writes cannot write them', async () => {
    const { board, surroundings, reported } = await openOffice();
    await register(board, 'ann', 'note');
    const { task_id } = await post(board, 'note');
    const lease = await frozenLease(board);
    const frozen = gate();
    const port = troubled(board, { on: 'board.update_task', before: () => frozen.opened });
    const chief = new Chief({ ...surroundings, board: port });
    const cycles = chief.lead(lease);
    await until(() => chief.telemetry.status === 'acting');
    await steal(board, 'chief:chief');
    frozen.open();
    expect(await cycles).toBe(1);
    expect(await pathOf(board, task_id)).toEqual(['UNASSIGNED']);
    expect((await board.chiefCycles(0, 10)).length).toBe(0);
    expect(reported).toEqual([]);
  });

  it('that stands by runs no cycle, and begins anew when it leads', async () => {
    const { board, surroundings } = await openOffice();
    const chief = new Chief(surroundings);
    expect(await chief.wake('seed')).toBe(1);
    chief.standBy();
    const heard: string[] = [];
    chief.onWake(trigger => heard.push(trigger));
    expect(await chief.wake('seed')).toBe(0);
    expect(await chief.redeliver()).toBe(0);
    expect(heard).toEqual(['seed']);
    expect(await chief.lead(await frozenLease(board))).toBe(1);
    expect(await chief.wake('worker')).toBe(1);
    const cycles = await board.chiefCycles(0, 10);
    expect(cycles.map(each => [each.trigger, each.previous_slept_at])).toEqual([
      ['seed', null],
      ['seed', null],
      ['worker', cycles[1]?.slept_at],
    ]);
  });

  it('that leads again while a cycle of its former lead goes on keeps nothing of that one', async () => {
    const { board, surroundings, reported } = await openOffice();
    const began = gate();
    const held = gate();
    let cycles = 0;
    const policy = async () => {
      if (++cycles > 1) return;
      began.open();
      await held.opened;
    };
    const chief = new Chief({ ...surroundings, policy });
    const former = chief.lead(await frozenLease(board));
    await began.opened;
    chief.standBy();
    const term = await steal(board, 'chief:chief');
    await board.call('board.release_lease', { role: 'chief:chief', holder: 'a thief', term });
    expect(await chief.lead(await frozenLease(board)), 'it follows the one under way').toBe(0);
    held.open();
    expect(await former).toBe(2);
    expect(await board.chiefCycles(0, 10), 'the former lead’s row is refused').toMatchObject([
      { sequence_id: 1, previous_slept_at: null, error: null },
    ]);
    expect(reported).toEqual([]);
  });

  it('refuses names that no board could hold', () => {
    const surroundings = { board: {} as Board, network: localNetwork() };
    for (const options of [
      { chiefId: '' },
      { chiefId: 'x'.repeat(184) },
      { taskTypes: [] },
      { taskTypes: [''] },
      { taskTypes: ['x'.repeat(201)] },
      { taskTypes: Array.from({ length: 1_001 }, (_, index) => `t${index}`) },
    ]) {
      expect(() => new Chief({ ...surroundings, ...options })).toThrow(/^(chiefId|taskTypes) must be/);
    }
    expect(new Chief({ ...surroundings, chiefId: 'x'.repeat(183), taskTypes: ['a', 'a'] }).taskTypes).toEqual(['a']);
  });
});

describe('several runs on one board', () => {
  it('of one Chief’s name one leads; the other stands by, takes over when the first is closed, and goes on draining', async () => {
    const [one, two] = await twoOffices();
    const [first, second] = [new Chief(one.surroundings), new Chief(two.surroundings)];
    const pool = new WorkerPool({ ...two.surroundings, capabilities: { note: { execute: () => 'done' } } });
    const running = await runBoard(one.board, { chief: first, leaseSeconds: LONG_SECONDS });
    const waiting = await runBoard(two.board, { chief: second, workers: pool, leaseSeconds: LONG_SECONDS });
    expect([running.roles, waiting.roles]).toEqual([['chief:chief'], []]);
    expect(await second.wake('seed')).toBe(0);
    const { task_id } = await post(two.board, 'note');
    await until(async () => (await taskNow(one.board, task_id)).status === 'COMPLETE');
    await first.setDraining(true);
    await running.close();
    await until(() => second.isDraining);
    expect(waiting.roles).toEqual(['chief:chief']);
    await second.whenAsleep();
    const later = await post(one.board, 'note');
    await second.wake('seed');
    expect((await taskNow(one.board, later.task_id)).status).toBe('UNASSIGNED');
    await second.setDraining(false);
    await second.wake('seed');
    await until(async () => (await taskNow(one.board, later.task_id)).status === 'COMPLETE');
    await waiting.close();
    expect((await leaseOf(one.board, 'chief:chief'))?.holder).toBeNull();
    expect((await checkLog(one.board)).faults).toEqual([]);
    expect([...one.reported, ...two.reported]).toEqual([]);
  });

  it('what a Chief that stands by is told of draining holds when it leads; who starts on a free role does not drain', async () => {
    const { board, surroundings } = await openOffice();
    await takeAndDie(board, { role: 'chief:chief' });
    await board.putData('_chief_telemetry', { draining: true });
    const told = new Chief(surroundings);
    const run = await runBoard(board, { chief: told, leaseSeconds: 0.5 });
    await told.setDraining(false);
    await until(() => run.roles.length > 0);
    await told.whenAsleep();
    expect(told.isDraining).toBe(false);
    await told.setDraining(true);
    await run.close();
    expect((await board.getData('_chief_telemetry')).value).toMatchObject({ draining: true });
    const fresh = new Chief(surroundings);
    const next = await runBoard(board, { chief: fresh });
    expect(fresh.isDraining).toBe(false);
    await next.close();
  });

  it('each Chief sees to its own task types, by its own rows and telemetry', async () => {
    const [one, two] = await twoOffices();
    const seen: Record<string, Set<string>> = { notes: new Set(), articles: new Set() };
    const policyOf = (name: string) => (context: PolicyContext) => {
      for (const { task_type } of context.tasks) seen[name]?.add(task_type);
    };
    const notes = { chiefId: 'notes', taskTypes: ['note'], policy: policyOf('notes') };
    const articles = { chiefId: 'articles', taskTypes: ['article', 'report'], policy: policyOf('articles') };
    const [first, second] = [
      new Chief({ ...one.surroundings, ...notes }),
      new Chief({ ...two.surroundings, ...articles }),
    ];
    const runs = [
      await runBoard(one.board, { chief: first, pollSeconds: 0.02, leaseSeconds: LONG_SECONDS }),
      await runBoard(two.board, { chief: second, pollSeconds: 0.02, leaseSeconds: LONG_SECONDS }),
    ];
    expect(runs.flatMap(run => run.roles)).toEqual(['chief:notes', 'chief:articles']);
    for (const [name, capability] of [
      ['ann', 'note'],
      ['bob', 'writer'],
    ] as const) {
      await register(one.board, name, capability);
      for (const { network } of [one, two]) {
        network.registerEndpoint(`a2a://${name}`, async () => success('r'));
      }
    }
    const note = await post(two.board, 'note');
    const article = await post(one.board, 'article');
    await until(async () => (await taskNow(one.board, note.task_id)).assigned_to === 'ann');
    await until(async () => (await taskNow(one.board, article.task_id)).assigned_to === 'bob');
    await Promise.all(runs.map(run => run.close()));
    expect(seen).toEqual({ notes: new Set(['note']), articles: new Set(['article']) });
    const cycles = await one.board.chiefCycles(0, 100);
    const chiefOf = async (taskId: string) => {
      const { events } = await one.board.getTaskHistory(taskId);
      return cycles.find(each => each.cycle_id === events[1]?.cycle_id)?.chief_id;
    };
    expect([await chiefOf(note.task_id), await chiefOf(article.task_id)]).toEqual(['notes', 'articles']);
    const keys = (await one.board.listData('_chief_telemetry')).entries.map(({ key }) => key);
    expect(keys).toEqual(['_chief_telemetry:articles', '_chief_telemetry:notes']);
  });

  it('an agent that another Chief’s task frees is news for the one who has a task waiting for it, and only then', async () => {
    const office = await openOffice();
    const { board, network, surroundings } = office;
    await register(board, 'ann', 'note', 'essay');
    network.registerEndpoint('a2a://ann', async () => success('r'));
    const essays = new Chief({ ...surroundings, chiefId: 'essays', taskTypes: ['essay'] });
    const run = await runBoard(board, { chief: essays, leaseSeconds: LONG_SECONDS });
    await essays.whenAsleep();
    const note = await post(board, 'note');
    await board.updateTask({ task_id: note.task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    const essay = await post(board, 'essay');
    await essays.whenAsleep();
    expect((await taskNow(board, essay.task_id)).status).toBe('UNASSIGNED');
    await board.postResult({ task_id: note.task_id, agent_id: 'ann' });
    await essays.whenAsleep();
    expect((await taskNow(board, essay.task_id)).assigned_to).toBe('ann');
    const cycles = async () => (await board.chiefCycles(0, 100)).map(each => [each.trigger, each.actions_taken]);
    const before = await cycles();
    expect(before).toEqual([
      ['seed', 0],
      ['board_event', 0],
      ['board_event', 1],
    ]);
    const other = await post(board, 'note');
    await board.updateTask({ task_id: other.task_id, to_status: 'IN_PROGRESS', assigned_to: 'somebody' });
    await board.postResult({ task_id: other.task_id });
    await essays.whenAsleep();
    expect(await cycles(), 'nothing waits for anybody').toEqual(before);
    await run.close();
  });

  it('an agent that has come without an event is given what waits for it', async () => {
    const { board, network, surroundings } = await openOffice();
    const { task_id } = await post(board, 'note');
    const chief = new Chief(surroundings);
    const run = await runBoard(board, { chief, redeliverSeconds: 0.02 });
    await chief.whenAsleep();
    network.registerEndpoint('a2a://ann', async () => success('r'));
    await register(board, 'ann', 'note');
    await until(async () => (await taskNow(board, task_id)).status === 'IN_PROGRESS');
    await run.close();
  });

  it('task types that overlap are refused at start, before anything is started, and may be tried again', async () => {
    const [one, two] = await twoOffices();
    const news = new Chief({ ...one.surroundings, chiefId: 'news', taskTypes: ['article', 'note'] });
    const running = await runBoard(one.board, { chief: news, leaseSeconds: 0.9 });
    const pool = new WorkerPool({ ...two.surroundings, capabilities: { memo: { execute: () => 'done' } } });
    const all = new Chief({ ...two.surroundings, chiefId: 'all' });
    const options = { chief: all, workers: pool, leaseSeconds: 3 };
    await expect(runBoard(two.board, options)).rejects.toMatchObject({
      name: 'ConflictError',
      code: 'lease_conflict',
      message: expect.stringMatching(
        /^chief:all cannot be taken: chief:news, held by \S+, has article, note to itself$/,
      ),
    });
    expect([await two.board.listAgents(), running.roles]).toEqual([[], ['chief:news']]);
    expect(await all.wake('seed')).toBe(0);
    await running.close();
    const run = await runBoard(two.board, options);
    expect(run.roles).toEqual(['chief:all']);
    const { task_id } = await post(two.board, 'memo');
    await until(async () => (await taskNow(two.board, task_id)).status === 'PENDING_REVIEW');
    await run.close();
  });

  it('a Chief whose role is stolen stands by, says so once, and leads again when it is free', async () => {
    const { board, network, surroundings, reported } = await openOffice();
    await register(board, 'ann', 'note');
    network.registerEndpoint('a2a://ann', async () => success('r'));
    const chief = new Chief(surroundings);
    const run = await runBoard(board, { chief, onError: surroundings.onError, leaseSeconds: 0.9 });
    await chief.whenAsleep();
    const term = await steal(board, 'chief:chief');
    const { task_id } = await post(board, 'note');
    await until(() => reported.length > 0);
    await chief.whenAsleep();
    expect(run.roles).toEqual([]);
    expect((await taskNow(board, task_id)).status).toBe('UNASSIGNED');
    await board.call('board.release_lease', { role: 'chief:chief', holder: 'a thief', term });
    await until(async () => (await taskNow(board, task_id)).status === 'IN_PROGRESS');
    expect(run.roles).toEqual(['chief:chief']);
    await run.close();
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatch(/^chief:chief was lost; this process stands by: ConflictError: /);
    expect((await board.chiefCycles(0, 100)).map(each => each.previous_slept_at === null)).toEqual([true, true, false]);
  });

  it('a board has one Ombudsman: one ticks, the other stands by and takes over', async () => {
    const [one, two] = await twoOffices();
    const [first, second] = [new Ombudsman(one.surroundings), new Ombudsman(two.surroundings)];
    const running = await runBoard(one.board, { ombudsman: first, tickSeconds: 0.02, leaseSeconds: LONG_SECONDS });
    const waiting = await runBoard(two.board, { ombudsman: second, tickSeconds: 0.02, leaseSeconds: LONG_SECONDS });
    expect([running.roles, waiting.roles]).toEqual([['ombudsman'], []]);
    expect(await second.nudge()).toBe(0);
    await until(async () => (await one.board.ombudsmanTicks(0, 100)).length >= 3);
    await running.close();
    const ticks = (await two.board.ombudsmanTicks(0, 1000)).length;
    await until(async () => (await two.board.ombudsmanTicks(0, 1000)).length > ticks);
    expect(waiting.roles).toEqual(['ombudsman']);
    await waiting.close();
    expect([...one.reported, ...two.reported]).toEqual([]);
  });

  it('a tick under way when the role is lost writes nothing more', async () => {
    const { board, surroundings, reported } = await openOffice();
    const { task_id } = await post(board, 'note');
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS' });
    const lost = gate();
    const port = troubled(board, { on: 'board.update_task', before: () => lost.opened });
    const ombudsman = new Ombudsman({ ...surroundings, board: port, timeoutSeconds: 0.001 });
    const kept = keep(board, 'one', { claim: ombudsman.claim, onHeld: lease => ombudsman.lead(lease) });
    await kept.keeper.start();
    const tick = ombudsman.nudge();
    await steal(board, 'ombudsman');
    lost.open();
    expect(await tick).toBe(0);
    expect((await taskNow(board, task_id)).status).toBe('IN_PROGRESS');
    expect([await board.ombudsmanTicks(0, 10), reported, kept.lost.length]).toEqual([[], [], 1]);
  });

  it('what another process’s Ombudsman does wakes the Chief while its own has a tick under way', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    const silent = await post(board, 'note');
    await board.updateTask({ task_id: silent.task_id, to_status: 'IN_PROGRESS' });
    const ticking = gate();
    const held = gate();
    const wake = () => {
      ticking.open();
      return held.opened;
    };
    const chief = new Chief(surroundings);
    const ombudsman = new Ombudsman({ ...surroundings, wake });
    const run = await runBoard(board, { chief, ombudsman, tickSeconds: 0.01, redeliverSeconds: 3_600 });
    office.pass(4_000);
    await ticking.opened;
    await chief.whenAsleep();
    expect((await taskNow(board, silent.task_id)).status, 'its own tick wakes it when it is done').toBe('STALE');
    const other = await post(board, 'note');
    await board.updateTask({ task_id: other.task_id, to_status: 'IN_PROGRESS' });
    await chief.whenAsleep();
    await board.updateTask({ task_id: other.task_id, to_status: 'STALE' }, { tickId: 'of another process' });
    await until(async () => (await taskNow(board, other.task_id)).status === 'UNASSIGNED');
    held.open();
    await run.close();
  });

  it('a process that has no role needs no lease, and the time of one is checked', async () => {
    const { board, surroundings } = await openOffice();
    const pool = new WorkerPool({ ...surroundings, capabilities: { note: { execute: () => 'done' } } });
    const run = await runBoard(board, { workers: pool });
    expect([run.roles, (await board.listLeases()).leases]).toEqual([[], []]);
    await run.close();
    for (const leaseSeconds of [0, -1, Number.NaN, 86_401, Number.POSITIVE_INFINITY]) {
      await expect(runBoard(board, { leaseSeconds })).rejects.toThrow(/leaseSeconds must be more than 0/);
    }
  });
});

describe('leases over the wire', () => {
  it('a client takes and renews a role, and what it writes carries its lease', async () => {
    const { board, network } = await openOffice();
    network.registerEndpoint('a2a://board', boardEndpoint(board));
    const client = new BoardClient({ network });
    const { keeper, held } = keep(client, 'far away');
    await keeper.start();
    const [lease] = held;
    expect(lease?.token).toEqual({ role: 'chief:x', term: 1 });
    expect(await client.listLeases()).toEqual(await board.listLeases());
    const put = { key: 'k', value: 1 };
    const under = (token: unknown) => ({ lease: token as HeldLease['token'] });
    expect(await client.call('board.put_data', put, under(lease?.token))).toEqual({ key: 'k' });
    const term = await steal(board, 'chief:x');
    await expect(client.call('board.put_data', put, under(lease?.token))).rejects.toMatchObject({
      name: 'ConflictError',
      code: 'lease_lost',
    });
    expect(term).toBe(2);
    for (const bad of [{ term: 1 }, { role: 'r' }, { role: 'r', term: '1' }, { role: 'x'.repeat(201), term: 1 }]) {
      await expect(client.call('board.put_data', put, under(bad)), JSON.stringify(bad)).rejects.toMatchObject({
        code: 'invalid_payload',
      });
    }
  });

  it('openBoard’s own run takes over from a process that was killed', async () => {
    const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
    onTestFinished(() => board.close());
    await takeAndDie(board, { role: 'chief:chief' });
    const chief = new Chief({ board, network: localNetwork() });
    const run = await board.run({ chief, leaseSeconds: SHORT_SECONDS });
    await until(() => run.roles.includes('chief:chief'));
    await board.close();
    expect(run.roles).toEqual([]);
  });
});
