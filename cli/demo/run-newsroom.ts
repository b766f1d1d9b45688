import { setTimeout as sleep } from 'node:timers/promises';
import { Chief } from '../../board/agents/chief.ts';
import { WorkerPool } from '../../board/agents/worker-pool.ts';
import type { Board } from '../../board/board.ts';
import { localNetwork } from '../../board/transport/network.ts';
import type { AgentCalls } from './agent-calls.ts';
import { articleOf, newsroomWorkers } from './newsroom.ts';
import { stallingWorker } from './stalling-worker.ts';

/** How long the demo's run shall be. */
export interface NewsroomOptions {
  readonly tasks: number;
  /** About how long it shall take. */
  readonly seconds: number;
  /** What its agents ask of models and tools. */
  readonly calls: AgentCalls;
  readonly signal: AbortSignal;
  /** Told twice a second: open tasks by status, and how many have finished. */
  readonly onProgress: (open: ReadonlyMap<string, number>, finished: number, elapsedSeconds: number) => void;
}

/** Seconds that a hundred articles take at pace 1. */
const SECONDS_A_HUNDRED = 14;
/** Of the run, how long articles keep arriving. */
const ARRIVING_SHARE = 0.5;
const TIMEOUT_SECONDS = 3;
const TICK_SECONDS = 1;
const PROGRESS_MS = 500;
const CHIEF_URL = 'a2a://chief';

async function openTasks(board: Board): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { status, count } of await board.countOpenTasks()) counts.set(status, (counts.get(status) ?? 0) + count);
  return counts;
}

async function postArticles(board: Board, count: number, overSeconds: number, signal: AbortSignal): Promise<void> {
  for (let n = 0; n < count && !signal.aborted; n++) {
    await board.postTask({ task_type: 'article', ...articleOf(n) }, { actor: 'editor' });
    await sleep((overSeconds * 1000) / count, undefined, { signal }).catch(() => undefined);
  }
}

/** Runs a newsroom on the board until every article is published or waits for a person, or the signal aborts. */
export async function runNewsroom(board: Board, options: NewsroomOptions): Promise<void> {
  const { tasks, seconds, calls, signal, onProgress } = options;
  const network = localNetwork();
  const pace = (seconds / SECONDS_A_HUNDRED) * (100 / tasks);
  const chief = new Chief({ board, network, url: CHIEF_URL });
  const pool = await new WorkerPool({
    board,
    network,
    capabilities: newsroomWorkers(calls, pace, TIMEOUT_SECONDS),
    wakes: CHIEF_URL,
  }).build();
  const ombudsman = pool.ombudsman({ wake: trigger => chief.wake(trigger), timeoutSeconds: TIMEOUT_SECONDS });
  const run = await board.run({
    chief,
    workers: [pool, stallingWorker(board, network)],
    ombudsman,
    tickSeconds: TICK_SECONDS,
  });
  const startedAt = performance.now();
  const posting = postArticles(board, tasks, seconds * ARRIVING_SHARE, signal);
  let isPosted = false;
  void posting.finally(() => {
    isPosted = true;
  });
  try {
    for (;;) {
      await sleep(PROGRESS_MS, undefined, { signal }).catch(() => undefined);
      const open = await openTasks(board);
      const left = [...open.values()].reduce((sum, each) => sum + each, 0);
      const { next_sequence_id } = await board.board();
      onProgress(open, next_sequence_id - 1, (performance.now() - startedAt) / 1000);
      if (signal.aborted || (isPosted && left === 0)) break;
    }
    await posting;
  } finally {
    await run.close();
  }
}
