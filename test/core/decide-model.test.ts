import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import { checkLog } from '../../board/check/check.ts';
import { QuadroError } from '../../board/core/errors.ts';
import type { PostTaskParams } from '../../board/core/intents.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import type { Event } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import {
  BoardModel,
  foldLog,
  MODEL_STATUSES,
  MODEL_TYPES,
  type ModelCommand,
  type ModelEvent,
  type ModelOutcome,
  type ModelPost,
} from '../support/board-model.ts';
import { register } from '../support/board-steps.ts';
import { mysqlServer, postgresServer, sharedDatabase } from '../support/servers.ts';

const AGENTS = new Set(['ann', 'bob']);
const T0 = 1_900_000_000_000_000;

const PRESS = lifecycle('press')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'editing')
  .phase('editing', 'out')
  .revision('editing', 'writing')
  .loop('writing', 'UNASSIGNED')
  .build();

const dir = mkdtempSync(join(tmpdir(), 'quadro-test-'));
afterAll(() => rmSync(dir, { recursive: true }));
const servers = { postgres: postgresServer(), mysql: mysqlServer() };
const databases = { postgres: sharedDatabase(servers.postgres), mysql: sharedDatabase(servers.mysql) };

/** A database the sequences run on. */
interface Place {
  readonly name: string;
  readonly backend: () => Backend;
  readonly skip?: string;
  /** How many sequences, as a share of those that run in memory. */
  readonly share: number;
  /** Whether two boards can be open on it. */
  readonly isShared: boolean;
}

const PLACES: readonly Place[] = [
  { name: 'SQLite in memory', backend: () => sqlite({ file: ':memory:' }), share: 1, isShared: false },
  { name: 'a SQLite file', backend: () => sqlite({ file: join(dir, 'board.db') }), share: 0.5, isShared: true },
  {
    name: 'PostgreSQL',
    backend: () => postgres({ url: databases.postgres.url }),
    ...servers.postgres,
    share: 0.2,
    isShared: true,
  },
  {
    name: 'MariaDB or MySQL',
    backend: () => mysql({ url: databases.mysql.url }),
    ...servers.mysql,
    share: 0.2,
    isShared: true,
  },
];

async function open(place: Place, options: Partial<BoardOptions> = {}): Promise<Board> {
  const board = await openBoard({
    backend: place.backend(),
    boardId: randomUUID(),
    lifecycles: [PRESS],
    taskTypes: MODEL_TYPES,
    clock: () => T0,
    ...options,
  });
  for (const agent of AGENTS) await register(board, agent);
  return board;
}

interface Answer {
  readonly event?: Event | null;
  readonly events?: readonly Event[];
  readonly abort?: boolean;
}

const paramsOf = ({ id: task_id, type: task_type, hold }: ModelPost): PostTaskParams => ({
  task_id,
  task_type,
  label: 'x',
  ...(hold !== null && { hold }),
});

async function send(board: Board, command: ModelCommand): Promise<Answer> {
  const options = { idempotencyKey: command.key };
  switch (command.kind) {
    case 'post':
      return board.postTask(paramsOf(command), options);
    case 'bulk':
      return board.postTasks(command.posts.map(paramsOf), options);
    case 'move': {
      const { id: task_id, to: to_status, assign: assigned_to, fence } = command;
      return board.updateTask(
        { task_id, to_status, fence, ...(assigned_to !== undefined && { assigned_to }) },
        options,
      );
    }
    case 'beat':
      return board.postAgentHeartbeat(
        { agent_id: command.agent, task_id: command.id, fence: command.fence, claim: command.claim },
        options,
      );
    case 'result':
      return board.postResult({ task_id: command.id, fence: command.fence }, options);
    case 'archive':
      await board.archiveTask(command.id, options);
      return {};
  }
}

const inModelWords = ({ sequence_id, event_type, from_status, to_status }: Event): ModelEvent => ({
  sequence_id,
  event_type,
  from_status,
  to_status: to_status ?? '',
});

/** What became of a command, in the model's words. */
async function outcomeOf(board: Board, command: ModelCommand): Promise<ModelOutcome> {
  try {
    const { event, events, abort = false } = await send(board, command);
    if (events !== undefined) return { events: events.map(inModelWords) };
    if (!event && abort) return { counts: false };
    return { event: event ? inModelWords(event) : null };
  } catch (error) {
    if (error instanceof QuadroError) return { code: error.code };
    throw error;
  }
}

const id = fc.constantFrom('t', 'u', 'v');
const held = fc.constantFrom('why not', 'wait');
const never = fc.constant(null);
const hold = fc.oneof({ arbitrary: never, weight: 2 }, { arbitrary: held, weight: 1 });
const seldomHeld = fc.oneof({ arbitrary: never, weight: 7 }, { arbitrary: held, weight: 1 });
// Ids that a single post may have taken, and some that only bulks take, so that many a bulk is accepted.
const posts = fc.array(
  fc.record({
    id: fc.oneof(id, fc.constantFrom('b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7', 'b8')),
    type: fc.constantFrom('report', 'memo', 'article'),
    hold,
  }),
  { minLength: 1, maxLength: 4 },
);
const key = fc.oneof(
  { arbitrary: fc.constant(null), weight: 8 },
  { arbitrary: fc.constantFrom('k1', 'k2', 'k3'), weight: 1 },
);
const fence = fc.oneof({ arbitrary: fc.constant(null), weight: 6 }, { arbitrary: fc.nat({ max: 12 }), weight: 1 });
const agent = fc.constantFrom('ann', 'bob', 'ghost');
// Mostly steps that lead somewhere; the rest must be refused, or ends the task.
const to = fc.oneof(
  {
    arbitrary: fc.constantFrom(
      'IN_PROGRESS',
      'UNASSIGNED',
      'STALE',
      'writing',
      'editing',
      'PENDING_REVIEW',
      'REVISION_NEEDED',
    ),
    weight: 6,
  },
  { arbitrary: fc.constantFrom(...MODEL_STATUSES), weight: 1 },
);
const COMMAND: fc.Arbitrary<ModelCommand> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant('post'),
      key,
      id,
      type: fc.constantFrom('report', 'memo', 'article'),
      hold: seldomHeld,
    }),
    weight: 3,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant('move'),
      key,
      id,
      to,
      assign: fc.option(fc.oneof(agent, fc.constant(null)), { nil: undefined }),
      fence,
    }),
    weight: 14,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant('beat'),
      key,
      agent,
      id: fc.option(id, { freq: 9 }),
      fence,
      claim: fc.boolean(),
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ kind: fc.constant('result'), key, id, fence }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('archive'), key, id }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('bulk'), key, posts }), weight: 2 },
);
const COMMANDS = fc.array(COMMAND, { minLength: 1, maxLength: 60, size: 'max' });

/** The table against the model, and against what the log alone tells. */
async function expectTable(board: Board, model: BoardModel): Promise<void> {
  const tasks = await Array.fromAsync(board.tasks());
  const agents = await board.listAgents();
  const { events } = await board.streamEvents();
  expect(
    new Map(
      tasks.map(task => [task.task_id, [task.status, task.assigned_to, task.entered_sequence_id, task.heartbeats]]),
    ),
  ).toEqual(
    new Map(
      [...model.tasks].map(([task_id, task]) => [task_id, [task.status, task.assigned, task.entered, task.beats]]),
    ),
  );
  const folded = foldLog(events, AGENTS);
  for (const task of tasks) {
    const { status, assigned_to, status_entered_at, entered_sequence_id, heartbeat_at } = task;
    expect(folded.get(task.task_id)).toMatchObject({
      status,
      assigned_to,
      status_entered_at,
      entered_sequence_id,
      heartbeat_at,
    });
  }
  expect(folded.size).toBe(tasks.length);
  for (const { agent_id, open_assignments, status } of agents) {
    expect([...open_assignments].sort(), agent_id).toEqual(model.held(agent_id).sort());
    expect(open_assignments.toSorted()).toEqual(
      [...folded]
        .filter(([, task]) => task.holder === agent_id)
        .map(([task]) => task)
        .sort(),
    );
    expect(status).toBe(open_assignments.length > 0 ? 'BUSY' : 'IDLE');
  }
  expect((await checkLog(board)).faults).toEqual([]);
}

describe.each(PLACES.filter(({ skip }) => skip !== undefined))('random command sequences', ({ name, skip }) => {
  it.skip(`on ${name} (skipped: ${skip})`);
});

describe.each(PLACES.filter(({ skip }) => skip === undefined))('random command sequences: $name', place => {
  const { share, isShared } = place;
  const runs = (inMemory: number) => ({ numRuns: Math.ceil(inMemory * share) });
  it('invariants 3, 5, 8: the same statuses, events and refusals as a model; folding the log equals the table', async () => {
    const met = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(COMMANDS, async commands => {
        const board = await open(place);
        let model = new BoardModel(AGENTS);
        for (const command of commands) {
          const [expected, after] = model.run(command);
          expect(await outcomeOf(board, command)).toEqual(expected);
          const name = nameOf(expected);
          met.set(name, (met.get(name) ?? 0) + 1);
          model = after;
        }
        await expectTable(board, model);
        await board.close();
      }),
      runs(200),
    );
    if (share < 1) return;
    // The sequences are worth nothing where they never get anywhere.
    expect([...met.keys()].sort()).toEqual([
      'a bulk',
      'agent_not_found',
      'claim refused',
      'duplicate_task_id',
      'fence_conflict',
      'idempotency_conflict',
      'illegal_transition',
      'invalid_payload',
      'no event',
      'not_finished',
      'not_in_progress',
      'task_archived',
      'task_assigned',
      'task_completed',
      'task_failed',
      'task_heartbeat',
      'task_not_found',
      'task_posted',
      'task_reassigned',
      'task_reviewed',
      'task_stale',
    ]);
  });

  it('invariant 8: commands sent at once, in groups of any size, give what they give one after another', async () => {
    await fc.assert(
      fc.asyncProperty(COMMANDS, fc.integer({ min: 1, max: 12 }), async (commands, maxBatch) => {
        const [grouped, single] = [await open(place, { maxBatch }), await open(place, { maxBatch: 1 })];
        const atOnce = await Promise.all(commands.map(command => outcomeOf(grouped, command)));
        const inTurn: ModelOutcome[] = [];
        for (const command of commands) inTurn.push(await outcomeOf(single, command));
        expect(atOnce).toEqual(inTurn);
        expect((await grouped.streamEvents()).events).toEqual((await single.streamEvents()).events);
        expect(await Array.fromAsync(grouped.tasks())).toEqual(await Array.fromAsync(single.tasks()));
        expect(await grouped.listAgents()).toEqual(await single.listAgents());
        await Promise.all([grouped.close(), single.close()]);
      }),
      runs(60),
    );
  });

  if (!isShared) return;

  it('invariants 6, 8: callers of two boards on one database, at once: the log’s order is a serial order that gives the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(COMMANDS, { minLength: 2, maxLength: 4 }), async callers => {
        const boardId = randomUUID();
        const boards = [await open(place, { boardId, maxBatch: 3 }), await open(place, { boardId, maxBatch: 5 })];
        const outcomes = await Promise.all(
          callers.map(async (commands, index) => {
            const board = boards[index % 2] as Board;
            const sent: [ModelCommand, ModelOutcome][] = [];
            for (const command of commands) sent.push([command, await outcomeOf(board, command)]);
            return sent;
          }),
        );
        await expectSerial(outcomes);
        expect((await checkLog(boards[0] as Board)).faults).toEqual([]);
        await Promise.all(boards.map(board => board.close()));
      }),
      runs(50),
    );
  });
});

/** Finds an order of all callers' commands, each caller's own kept, in which the model gives every outcome that was seen. */
async function expectSerial(callers: readonly (readonly [ModelCommand, ModelOutcome][])[]): Promise<void> {
  const dead = new Set<string>();
  const search = (model: BoardModel, at: readonly number[]): boolean => {
    const state = `${at.join()} ${model.signature}`;
    if (callers.every((commands, index) => at[index] === commands.length)) return true;
    if (dead.has(state)) return false;
    for (const [index, commands] of callers.entries()) {
      const next = commands[at[index] ?? 0];
      if (next === undefined) continue;
      const [outcome, after] = model.run(next[0]);
      if (!isSame(outcome, next[1])) continue;
      if (search(after, at.with(index, (at[index] ?? 0) + 1))) return true;
    }
    dead.add(state);
    return false;
  };
  expect(
    search(
      new BoardModel(AGENTS),
      callers.map(() => 0),
    ),
    'no serial order explains it',
  ).toBe(true);
}

function nameOf(outcome: ModelOutcome): string {
  if ('code' in outcome) return outcome.code;
  if ('counts' in outcome) return 'claim refused';
  return 'events' in outcome ? 'a bulk' : (outcome.event?.event_type ?? 'no event');
}

const isSame = (a: ModelOutcome, b: ModelOutcome): boolean => JSON.stringify(a) === JSON.stringify(b);
