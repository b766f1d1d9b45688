import type { Board } from '../../board/board.ts';
import { BENCH_AGENT, type LoadRun, type OnTransition } from './offered-load.ts';

/** Callers at once, each with one task after the other. */
const CALLERS = 64;

/** As many transitions as the board will take, for so long (a closed loop). */
export async function saturate(
  board: Board,
  seconds: number,
  prefix: string,
  onTransition: OnTransition = () => {},
): Promise<LoadRun> {
  const latencies: number[] = [];
  let tasks = 0;
  const startedAt = performance.now();
  const end = startedAt + seconds * 1000;
  async function step(task_id: string, toStatus: string, call: () => Promise<unknown>): Promise<void> {
    const [at, clock] = [performance.now(), Date.now()];
    await call();
    latencies.push(performance.now() - at);
    onTransition(task_id, toStatus, clock);
  }
  async function caller(): Promise<void> {
    while (performance.now() < end) {
      const task_id = `${prefix}-${tasks++}`;
      const to = (to_status: string, more: object) => board.updateTask({ task_id, to_status, ...more });
      await step(task_id, 'UNASSIGNED', () => board.postTask({ task_id, task_type: 'work', label: 'Work to be done' }));
      await step(task_id, 'IN_PROGRESS', () => to('IN_PROGRESS', { assigned_to: BENCH_AGENT }));
      await step(task_id, 'COMPLETE', () => to('COMPLETE', { output: 'done' }));
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return { perSecond: latencies.length / ((performance.now() - startedAt) / 1000), latencies, tasks };
}
