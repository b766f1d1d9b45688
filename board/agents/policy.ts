import type { BoardMethods } from '../board-methods.ts';
import { hydrateChief } from '../core/hydration.ts';
import type { CallOptions, FullState, Intent, IntentPort, OpenState, ParamsOf, ResultOf } from '../core/intents.ts';
import type { Json } from '../core/json.ts';
import type { Agent, Event, Task, WakeTrigger } from '../core/records.ts';
import { BoundBoard } from './bound-board.ts';

/** What a policy is given each cycle. */
export interface PolicyContext {
  /** Every unfinished task, by priority, then age. */
  readonly tasks: readonly Task[];
  readonly agents: readonly Agent[];
  readonly data: Readonly<Record<string, Json>>;
  /** Unfinished tasks by status. */
  readonly counts: Readonly<Record<string, number>>;
  /** Names this context: the same board state gives the same hash. */
  readonly snapshot_hash: string;
  /** The event that woke the Chief, where it is known. */
  readonly triggering_event: Event | null;
  readonly trigger: WakeTrigger;
  readonly cycle_id: string;
  /** The board, in the name of this cycle: what the policy does through it counts as the cycle's actions. */
  readonly board: BoardMethods;
  /** The finished tasks as well; costs what the whole board costs. */
  fullState(): Promise<FullState>;
}

/** Decides before the default routing does, through `context.board`. What it throws ends the cycle. */
export type Policy = (context: PolicyContext) => unknown;

const ACTIONS: ReadonlySet<Intent> = new Set<Intent>([
  'board.post_task',
  'board.post_tasks',
  'board.update_task',
  'worker.post_result',
]);

/** A {@link BoundBoard} that counts what was done through it. */
class CountingBoard extends BoundBoard {
  actions = 0;

  override async call<I extends Intent>(intent: I, params: ParamsOf<I>, options?: CallOptions): Promise<ResultOf<I>> {
    const result = await super.call(intent, params, options);
    if (ACTIONS.has(intent)) this.actions++;
    return result;
  }
}

/** Why and as what a policy runs. */
export interface PolicyRun {
  readonly cycle_id: string;
  readonly trigger: WakeTrigger;
  readonly event: Event | null;
}

function countsOf(tasks: readonly Task[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of tasks) counts.set(status, (counts.get(status) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Hydrates, runs the policy, and answers how many actions it took. */
export async function runPolicy(
  policy: Policy,
  port: IntentPort,
  { tasks, agents }: OpenState,
  { cycle_id, trigger, event }: PolicyRun,
): Promise<number> {
  const { entries } = await port.call('board.list_data', { prefix: '' });
  const data: Record<string, Json> = Object.fromEntries(entries.map(({ key, value }) => [key, value]));
  const { snapshot_hash } = hydrateChief({ tasks, agents, triggering_event: event, data });
  const board = new CountingBoard(port, { actor: 'chief', cycleId: cycle_id });
  const counts = countsOf(tasks);
  const fullState = (): Promise<FullState> => port.call('board.get_full_state', {});
  await policy({
    tasks,
    agents,
    data,
    counts,
    snapshot_hash,
    triggering_event: event,
    trigger,
    cycle_id,
    board,
    fullState,
  });
  return board.actions;
}
