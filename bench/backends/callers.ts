import type { Board } from '../../board/board.ts';

/** How many callers, which they are of all of them, and how long they go on. */
export interface CallerLoad {
  readonly callers: number;
  readonly firstCaller: number;
  readonly forMs: number;
}

/** What callers did: whole lives of three transitions, and how long each call took. */
export interface CallerRun {
  readonly lives: number;
  readonly latencies: readonly number[];
}

/** The transitions of a life: posted, taken, completed. */
export const TRANSITIONS_A_LIFE = 3;

/** What a posted task says, about thirty characters, here and with the peers. */
export const labelOf = (n: number): string => `A piece of work, number ${n}`;

const numbersOf = ({ callers, firstCaller }: CallerLoad): number[] =>
  Array.from({ length: callers }, (_, index) => firstCaller + index);

/** Registers each caller's agent; not a part of what is measured. */
export async function registerCallers(board: Board, load: CallerLoad): Promise<void> {
  await Promise.all(
    numbersOf(load).map(caller =>
      board.registerAgent({
        agent_id: `agent-${caller}`,
        name: `agent-${caller}`,
        url: 'a2a://agent',
        version: '1',
        capabilities: ['work'],
        description: '',
      }),
    ),
  );
}

/** Takes and completes a posted task as a caller's agent. */
export async function takeAndComplete(
  board: Board,
  task_id: string,
  caller: number,
  timed: <T>(call: Promise<T>) => Promise<T> = call => call,
): Promise<void> {
  const agent_id = `agent-${caller}`;
  await timed(board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: agent_id }, { actor: 'chief' }));
  await timed(board.postResult({ task_id, output: 'done', agent_id }));
}

/** Every caller posts, takes and completes one task after the other; every tenth post carries an idempotency key. */
export async function runCallers(board: Board, load: CallerLoad): Promise<CallerRun> {
  const latencies: number[] = [];
  let lives = 0;
  async function timed<T>(call: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await call;
    latencies.push(performance.now() - startedAt);
    return result;
  }
  const endsAt = performance.now() + load.forMs;
  async function call(caller: number): Promise<void> {
    for (let n = 0; performance.now() < endsAt; n++) {
      const task_id = `task-${caller}-${n}`;
      const key = n % 10 === 0 ? { idempotencyKey: `post-${caller}-${n}` } : {};
      await timed(board.postTask({ task_id, task_type: 'work', label: labelOf(n) }, key));
      await takeAndComplete(board, task_id, caller, timed);
      lives++;
    }
  }
  await Promise.all(numbersOf(load).map(call));
  return { lives, latencies };
}
