import fc from 'fast-check';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { PostTaskParams } from '../../board/core/intents.ts';
import { builtinLifecycle, isBuiltinProfile } from '../../board/core/lifecycle/builtins.ts';
import { createLifecycle } from '../../board/core/lifecycle/lifecycle.ts';
import type { ChiefCycle, Task, WakeTrigger } from '../../board/core/records.ts';
import { openBoard } from '../../board/index.ts';
import { cycleRow, tickRow } from './array-log.ts';
import { PRESS_LIFECYCLES, PRESS_TYPES } from './golden/press-room.ts';
import { GOLDEN_START } from './golden/story.ts';

/** What happens next on a random board. */
export interface RandomStep {
  readonly act: 'move' | 'beat' | 'late beat' | 'archive' | 'cycle' | 'tick' | 'burst' | 'read';
  /** Which task; it is posted when it is first named. */
  readonly task: number;
  /** Which of the moves it has. */
  readonly choice: number;
  /** How far the clock goes first; it may go back. */
  readonly micros: number;
  /** On whose behalf. */
  readonly by: 'cycle' | 'tick' | 'nobody';
  readonly agent: string;
  readonly reason: string | null;
  readonly trigger: WakeTrigger;
  /** Of the cycle or tick whose row is written. */
  readonly error: string | null;
}

const AGENTS = ['ada', "o'hara", 'r"1"\n'];
const HOUR = 3_600_000_000;

/** Steps of random boards: mostly moves, by clocks that jump ahead and back. */
const RANDOM_STEP: fc.Arbitrary<RandomStep> = fc.record({
  act: fc.oneof(
    { weight: 12, arbitrary: fc.constant('move' as const) },
    { weight: 4, arbitrary: fc.constantFrom('beat' as const, 'late beat' as const) },
    { weight: 4, arbitrary: fc.constantFrom('cycle' as const, 'tick' as const, 'read' as const) },
    { weight: 1, arbitrary: fc.constantFrom('archive' as const, 'burst' as const) },
  ),
  task: fc.nat(5),
  choice: fc.nat(9),
  micros: fc.oneof(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: -HOUR, max: HOUR }), fc.constant(0)),
  by: fc.constantFrom('cycle', 'cycle', 'tick', 'nobody', 'nobody'),
  agent: fc.constantFrom(...AGENTS),
  reason: fc.constantFrom(null, null, 'stale_heartbeat', 'worker_error', 'words of "one\'s" own 🧨'),
  trigger: fc.constantFrom('worker', 'ombudsman', 'seed', 'board_event'),
  error: fc.constantFrom(null, null, '', 'no such host', `${'x'.repeat(499)}🧨`),
});

const CALLER = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` };
const CALLED = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`, trace_relation: 'parent' } as const;

/** The tasks; some name relatives that are posted later, or never. */
const TASKS: readonly (Omit<PostTaskParams, 'task_id' | 'label'> & { readonly task_id: string })[] = [
  { task_id: 'plain', task_type: 'article', priority: -1, parent_task_id: 'called' },
  { task_id: 'linked', task_type: 'memo', ...CALLER, origin_task_id: 'never' },
  { task_id: 'called', task_type: 'feature', ...CALLED },
  { task_id: "it's", task_type: 'memo', parent_task_id: 'linked', origin_task_id: 'called' },
  { task_id: '🧨 "x"\n', task_type: 'article', ...CALLED, parent_task_id: 'plain' },
  { task_id: 'last', task_type: 'feature', origin_task_id: '🧨 "x"\n' },
];

/** Tasks of a burst: two in one cycle are more than a span has links for. */
const BURST = 60;

/** Sequences of steps, long ones as often as short ones. */
export const RANDOM_STEPS: fc.Arbitrary<RandomStep[]> = fc.array(RANDOM_STEP, {
  minLength: 1,
  maxLength: 80,
  size: 'max',
});

/** Opens an empty board in memory, and plays steps on it; `read` is called wherever a step says so. */
export async function randomBoard(
  steps: readonly RandomStep[],
  isResumable: boolean,
  read: (board: Board) => Promise<void>,
): Promise<Board> {
  const player = new Player(isResumable);
  const board = await openBoard({
    backend: sqlite({ file: ':memory:' }),
    lifecycles: PRESS_LIFECYCLES,
    taskTypes: PRESS_TYPES,
    resumable: isResumable,
    clock: () => player.now,
  });
  for (const agent_id of AGENTS) {
    const card = { agent_id, name: agent_id, url: 'a2a://x', version: '1', capabilities: [], description: '' };
    await board.registerAgent(card);
  }
  for (const step of steps) {
    if (step.act === 'read') await read(board);
    else await player.play(board, step);
  }
  return board;
}

/** Keeps a clock, and the cycle and the tick that are under way. */
class Player {
  now = GOLDEN_START;
  #number = 0;
  #cycle = this.#begun();
  #tick = this.#begun();
  readonly #isResumable: boolean;

  constructor(isResumable: boolean) {
    this.#isResumable = isResumable;
  }

  async play(board: Board, step: RandomStep): Promise<void> {
    this.now += step.micros;
    if (step.act === 'cycle') return this.#endCycle(board, step);
    if (step.act === 'tick') return this.#endTick(board, step);
    if (step.act === 'burst') return this.#burst(board);
    const { task_id, ...given } = TASKS[step.task] ?? { task_id: '', task_type: 'memo' };
    const [task] = await board.tasksById([task_id]);
    // Seldom: held tasks get far only on boards that let them go.
    const hold = step.choice === 9 ? { hold: 'held back' } : {};
    if (task === undefined)
      await board.postTask({ task_id, label: `label of ${task_id}`, ...given, ...hold }, this.#cause(step));
    else await this.#act(board, task, step);
  }

  async #act(board: Board, task: Task, step: RandomStep): Promise<void> {
    const { task_id } = task;
    if (task.standing === 'archived') return;
    if (step.act === 'beat') await board.postAgentHeartbeat({ agent_id: step.agent, task_id });
    else if (step.act === 'late beat') await board.postAgentHeartbeat({ agent_id: step.agent, task_id, fence: 0 });
    else if (step.act === 'move') await this.#move(board, task, step);
    else if (task.standing === 'finished') await board.archiveTask(task_id);
  }

  #nextOf({ profile, status }: Task): readonly string[] {
    const options = { resumable: this.#isResumable };
    if (isBuiltinProfile(profile)) return builtinLifecycle(profile, options).nextOf(status);
    const declared = PRESS_LIFECYCLES.find(({ name }) => name === profile);
    return declared === undefined ? [] : createLifecycle(declared.definition, options).nextOf(status);
  }

  async #move(board: Board, task: Task, step: RandomStep): Promise<void> {
    const { task_id } = task;
    const next = this.#nextOf(task);
    // The exits are last: were they as likely as the rest, few tasks would get far.
    const ahead = next.length - (step.choice < 8 ? 2 : 0);
    const to_status = next[step.choice % Math.max(1, ahead)];
    if (to_status === undefined) return;
    const { agent: assigned_to, reason, choice } = step;
    const label = choice === 9 ? { label: 'another name' } : {};
    await board.updateTask({ task_id, to_status, assigned_to, reason, ...label }, this.#cause(step));
  }

  /** The cause of a write, which counts as an action of it. */
  #cause({ by }: RandomStep): { cycleId?: string; tickId?: string } {
    if (by === 'nobody') return {};
    const cause = by === 'cycle' ? this.#cycle : this.#tick;
    cause.actions += 1;
    return by === 'cycle' ? { cycleId: cause.id } : { tickId: cause.id };
  }

  async #burst(board: Board): Promise<void> {
    const prefix = this.#number++;
    const tasks = Array.from({ length: BURST }, (_, index) => ({
      task_id: `${prefix} ${index}`,
      task_type: 'memo',
      label: '',
    }));
    this.#cycle.actions += BURST;
    await board.postTasks(tasks, { cycleId: this.#cycle.id });
  }

  #begun(): { readonly id: string; readonly at: number; actions: number } {
    return { id: `cause ${this.#number++}`, at: this.now, actions: 0 };
  }

  async #endCycle(board: Board, { trigger, error, choice }: RandomStep): Promise<void> {
    const { id: cycle_id, at: woke_at, actions: actions_taken } = this.#cycle;
    const previous_slept_at = choice > 4 ? null : woke_at - choice * 1_000_000;
    const row: Partial<ChiefCycle> = {
      cycle_id,
      trigger,
      woke_at,
      slept_at: this.now,
      previous_slept_at,
      actions_taken,
      error,
    };
    const { sequence_id: _, ...cycle } = cycleRow({ ...row, seen_sequence_id: 1 });
    await board.call('board.record_cycle', cycle);
    this.#cycle = this.#begun();
  }

  async #endTick(board: Board, { error }: RandomStep): Promise<void> {
    const { id: tick_id, at: started_at, actions: stale_count } = this.#tick;
    const { sequence_id: _, ...tick } = tickRow({ tick_id, started_at, ended_at: this.now, stale_count, error });
    await board.call('board.record_tick', tick);
    this.#tick = this.#begun();
  }
}
