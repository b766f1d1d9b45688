import fc from 'fast-check';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { FAST, REVIEW_REQUIRED } from '../../board/core/lifecycle/builtins.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import type { Micros } from '../../board/core/time.ts';
import { lifecycle, openBoard } from '../../board/index.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';
import { START } from './small-log.ts';

/** Has a wait without a route (parked), one that needs a capability of its own, and two statuses in which agents work. */
const MEMO: Lifecycle = lifecycle('memo')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'parked')
  .phase('parked', 'checking')
  .phase('checking', 'sent')
  .revision('checking', 'UNASSIGNED')
  .branch('parked', 'desk')
  .phase('desk', 'sent')
  .route('UNASSIGNED', 'writing', 'writer')
  .route('desk', 'sent', 'article')
  .build();

const PROFILES: ReadonlyMap<string, Lifecycle> = new Map([
  ['review_required', REVIEW_REQUIRED],
  ['fast', FAST],
  ['memo', MEMO],
]);

const CAPABILITIES: Readonly<Record<string, readonly string[]>> = {
  w1: ['article'],
  w2: ['article', 'brief'],
  r1: ['review', 'review'],
  all: ['article', 'brief', 'review', 'writer'],
  none: [],
};
const AGENTS = [...Object.keys(CAPABILITIES), 'ghost'];
const CHIEFS = ['a', 'b'] as const;
const TYPES = ['article', 'brief', 'memo'] as const;

/** What happens next, after how long. */
export type Step = { readonly micros: number } & (
  | { readonly act: 'post'; readonly type: number; readonly priority: number }
  | {
      readonly act: 'move';
      readonly task: number;
      readonly choice: number;
      readonly agent: string;
      readonly chief: string | null;
    }
  | { readonly act: 'register' | 'offline' | 'beat'; readonly agent: string }
  | {
      readonly act: 'cycle';
      readonly chief: string;
      readonly draining: boolean;
      readonly ending: 'row' | 'killed' | 'restart';
    }
  | { readonly act: 'archive'; readonly task: number }
);

const agent = fc.constantFrom(...AGENTS);
const micros = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 3_000_000 }));
const post = fc.record({
  act: fc.constant('post' as const),
  micros,
  type: fc.constantFrom(0, 0, 1, 2),
  priority: fc.constantFrom(1, 5, 5, 5),
});
const move = fc.record({
  act: fc.constant('move' as const),
  micros,
  task: fc.nat(11),
  choice: fc.nat(20),
  agent,
  chief: fc.constantFrom('a', 'a', 'b', null),
});
const agentStep = fc.record({
  act: fc.constantFrom('register' as const, 'offline' as const, 'beat' as const),
  micros,
  agent,
});
const cycle = fc.record({
  act: fc.constant('cycle' as const),
  micros,
  chief: fc.constantFrom(...CHIEFS, 'a'),
  draining: fc.constantFrom(false, false, false, true),
  ending: fc.constantFrom('row' as const, 'row' as const, 'row' as const, 'killed' as const, 'restart' as const),
});
const archive = fc.record({ act: fc.constant('archive' as const), micros, task: fc.nat(11) });

/** Steps of a log in which anything may happen, most often posts, moves and cycles. */
export const STEPS: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { arbitrary: post, weight: 4 },
    { arbitrary: move, weight: 12 },
    { arbitrary: cycle, weight: 7 },
    { arbitrary: agentStep, weight: 2 },
    { arbitrary: archive, weight: 1 },
  ),
  { minLength: 1, maxLength: 110, size: 'max' },
);

/** Plays steps on a board of its own. */
class Player {
  readonly board: Board;
  readonly #clock: { now: Micros };
  /** The cycles under way, by Chief. */
  readonly #cycles = new Map<string, { cycle_id: string; woke_at: Micros; seen: number }>();
  readonly #sleptAt = new Map<string, Micros>();
  #posted = 0;
  #begun = 0;

  constructor(board: Board, clock: { now: Micros }) {
    this.board = board;
    this.#clock = clock;
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const each of ['w1', 'r1']) await this.#agent('register', each);
    for (const step of steps) {
      this.#clock.now += step.micros;
      if (step.act === 'post') await this.#post(step.type, step.priority);
      else if (step.act === 'move') await this.#move(step);
      else if (step.act === 'cycle') await this.#cycle(step);
      else if (step.act === 'archive') await this.#archive(step.task);
      else await this.#agent(step.act, step.agent);
    }
  }

  async #post(type: number, priority: number): Promise<void> {
    const task_type = TYPES[type] ?? 'article';
    await this.board.postTask({ task_id: `t${this.#posted++}`, task_type, label: 'x', priority });
  }

  async #move({ task, choice, agent: assigned_to, chief }: Extract<Step, { act: 'move' }>): Promise<void> {
    const task_id = `t${this.#posted === 0 ? 0 : task % this.#posted}`;
    const [known] = await this.board.tasksById([task_id]);
    if (known === undefined || known.standing === 'archived') return;
    const moves = PROFILES.get(known.profile)?.nextOf(known.status) ?? [];
    // Mostly along the first way: exits end a task too soon.
    const to_status = moves[Math.max(0, choice - 20 + moves.length)] ?? moves[0];
    if (to_status === undefined) return;
    const cycle_id = chief === null ? null : (this.#cycles.get(chief)?.cycle_id ?? null);
    const isWork = ['IN_PROGRESS', 'writing', 'checking'].includes(to_status);
    const options = cycle_id === null ? {} : { actor: 'chief', cycleId: cycle_id };
    await this.board.updateTask({ task_id, to_status, ...(isWork && { assigned_to }) }, options);
  }

  async #agent(act: 'register' | 'offline' | 'beat', agent_id: string): Promise<void> {
    const capabilities = CAPABILITIES[agent_id];
    if (capabilities === undefined) return;
    if (act === 'register') {
      const card = { name: agent_id, url: `a2a://${agent_id}`, version: '1', description: '' };
      await this.board.registerAgent({ agent_id, capabilities: [...capabilities], ...card });
      return;
    }
    const agents = await Array.fromAsync(this.board.agents());
    if (!agents.some(each => each.agent_id === agent_id)) return;
    if (act === 'beat') await this.board.postAgentHeartbeat({ agent_id });
    else await this.board.call('board.set_agent_offline', { agent_id, if_silent_since: this.#clock.now });
  }

  /** A Chief that sleeps wakes; one that is awake goes to sleep, and leaves a row unless it is killed. */
  async #cycle({ chief, draining, ending }: Extract<Step, { act: 'cycle' }>): Promise<void> {
    const { next_sequence_id, last_timestamp } = await this.board.board();
    const now = Math.max(this.#clock.now, last_timestamp);
    const under_way = this.#cycles.get(chief);
    if (under_way === undefined) {
      this.#cycles.set(chief, { cycle_id: `c${this.#begun++}`, woke_at: now, seen: next_sequence_id - 1 });
      return;
    }
    this.#cycles.delete(chief);
    const previous = this.#sleptAt.get(chief) ?? null;
    if (ending === 'killed') {
      this.#sleptAt.delete(chief);
      return;
    }
    await this.board.call('board.record_cycle', {
      cycle_id: under_way.cycle_id,
      chief_id: chief,
      trigger: 'worker',
      woke_at: under_way.woke_at,
      slept_at: now,
      previous_slept_at: previous,
      seen_sequence_id: under_way.seen,
      thinking_us: 0,
      acting_us: 0,
      actions_taken: 0,
      coalesced_wakes: 0,
      ...NO_DEPTHS,
      draining,
      error: null,
    });
    if (ending === 'restart') this.#sleptAt.delete(chief);
    else this.#sleptAt.set(chief, now);
  }

  async #archive(task: number): Promise<void> {
    const [known] = await this.board.tasksById([`t${task}`]);
    if (known?.standing === 'finished') await this.board.archiveTask(known.task_id);
  }
}

/** A board on which those steps were taken. */
export async function playedBoard(steps: readonly Step[]): Promise<Board> {
  const clock = { now: START };
  const board = await openBoard({
    backend: sqlite({ file: ':memory:' }),
    lifecycles: [MEMO],
    taskTypes: { brief: 'fast', memo: 'memo' },
    clock: () => clock.now,
  });
  await new Player(board, clock).play(steps);
  return board;
}
