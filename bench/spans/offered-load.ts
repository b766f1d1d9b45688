import { setTimeout as sleep } from 'node:timers/promises';
import type { Board } from '../../board/board.ts';
import { OverloadedError } from '../../board/core/errors.ts';

/** Transitions a task makes: posted, taken, finished. */
export const TRANSITIONS_PER_TASK = 3;
/** Spans they make: two stages and the root. */
export const SPANS_PER_TASK = 3;

/** What a load came to. */
export interface LoadRun {
  /** Answered a second, over the time they were offered in and until the last was answered. */
  readonly perSecond: number;
  /** From the moment a transition was due until it was answered, in milliseconds: a late start counts as waiting. */
  readonly latencies: readonly number[];
  readonly tasks: number;
}

/** Who does all the work. */
export const BENCH_AGENT = 'bench-agent';

/** What happens after each transition, such as a span of the caller's own. */
export type OnTransition = (taskId: string, toStatus: string, startedAtMs: number) => void;

/** How long a caller waits whom the board sent away because too many commands wait. */
const OVERLOADED_WAIT_MS = 10;

/** As a caller would who is told to come back; the waiting is part of the command's latency. */
async function untilTaken(call: () => Promise<unknown> = async () => {}): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!(error instanceof OverloadedError)) throw error;
      await sleep(OVERLOADED_WAIT_MS);
    }
  }
}

/**
 * Offers so many transitions a second whatever becomes of them (an open loop), for so long: each is due at its moment, the next
 * step of a task whose last one was answered, or a new post. What was begun is finished afterwards.
 */
export async function offerLoad(
  board: Board,
  perSecond: number,
  seconds: number,
  prefix: string,
  onTransition: OnTransition = () => {},
): Promise<LoadRun> {
  const due = Math.round((perSecond * seconds) / TRANSITIONS_PER_TASK) * TRANSITIONS_PER_TASK;
  const tasks = due / TRANSITIONS_PER_TASK;
  const latencies: number[] = [];
  const ready: (() => Promise<unknown>)[] = [];
  const running = new Set<Promise<void>>();
  let posted = 0;
  let failure: unknown = null;

  const steps = (task_id: string) => [
    {
      to: 'UNASSIGNED',
      call: () => board.postTask({ task_id, task_type: 'work', label: 'A piece of work to be done' }),
    },
    {
      to: 'IN_PROGRESS',
      call: () => board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: BENCH_AGENT }),
    },
    { to: 'COMPLETE', call: () => board.updateTask({ task_id, to_status: 'COMPLETE', output: 'done' }) },
  ];
  const begin = (task_id: string, number: number): (() => Promise<unknown>) => {
    const [step, isLast] = [steps(task_id)[number], number === TRANSITIONS_PER_TASK - 1];
    return async () => {
      const startedAt = Date.now();
      await untilTaken(step?.call);
      onTransition(task_id, step?.to ?? '', startedAt);
      if (!isLast) ready.push(begin(task_id, number + 1));
    };
  };
  const fire = (dueAt: number): void => {
    const next = ready.shift() ?? (posted < tasks ? begin(`${prefix}-${posted++}`, 0) : undefined);
    if (next === undefined) return;
    const run = next()
      .then(() => void latencies.push(performance.now() - dueAt))
      .catch(error => {
        failure ??= error;
      })
      .finally(() => running.delete(run));
    running.add(run);
  };

  const startedAt = performance.now();
  for (let fired = 0; fired < due && failure === null; ) {
    const dueNow = Math.min(due, ((performance.now() - startedAt) / 1000) * perSecond);
    for (; fired < dueNow; fired++) fire(startedAt + (fired * 1000) / perSecond);
    await sleep(1);
  }
  // What was due when nothing was ready, and the last steps.
  while (latencies.length < due && failure === null) {
    while (ready.length > 0 || posted < tasks) fire(performance.now());
    await Promise.all(running);
  }
  if (failure !== null) throw failure;
  return { perSecond: due / ((performance.now() - startedAt) / 1000), latencies, tasks };
}
