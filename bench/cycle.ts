import { Chief } from '../board/agents/chief.ts';
import { sqlite } from '../board/backends/sqlite/index.ts';
import type { Board } from '../board/board.ts';
import type { Task } from '../board/core/records.ts';
import { openBoard } from '../board/index.ts';
import { answer } from '../board/transport/envelope.ts';
import { localNetwork } from '../board/transport/network.ts';
import { median } from './harness.ts';

const AGENTS = 60;
const ACTIVE_TASKS = 100;
const CYCLES = 30;
/** Tasks that finish and are posted anew before each cycle. */
const TURNOVER = 10;
const AGENT_URL = 'a2a://workers/all';

async function addFinished(board: Board, count: number): Promise<void> {
  const post = (n: number) => board.postTask({ task_type: 'work', label: `Finished work, number ${n}` });
  for (let done = 0; done < count; done += 250) {
    const posted = await Promise.all(Array.from({ length: Math.min(250, count - done) }, (_, n) => post(done + n)));
    await Promise.all(posted.map(({ task: { task_id } }) => board.updateTask({ task_id, to_status: 'IN_PROGRESS' })));
    await Promise.all(posted.map(({ task: { task_id } }) => board.postResult({ task_id, output: 'done' })));
  }
}

async function finish(board: Board, task: Task): Promise<void> {
  await board.postResult({ task_id: task.task_id, output: 'done' });
  await board.postTask({ task_type: 'work', label: 'More work' });
}

/**
 * The median time of a Chief cycle, in milliseconds, on a board with `finished` finished tasks and 100 open ones, 60 of them in
 * progress; before each cycle ten finish and ten are posted, so that each dispatches ten.
 */
export async function cycleMilliseconds(file: string, finished: number): Promise<number> {
  const board = await openBoard({ backend: sqlite({ file }), taskTypes: { work: 'fast' } });
  await addFinished(board, finished);
  const network = localNetwork();
  network.registerEndpoint(AGENT_URL, request => answer(request, async () => ({})));
  for (let n = 0; n < AGENTS; n++) {
    const agent_id = `agent-${n}`;
    await board.registerAgent({
      agent_id,
      name: agent_id,
      url: AGENT_URL,
      version: '1',
      capabilities: ['work'],
      description: '',
    });
  }
  await Promise.all(
    Array.from({ length: ACTIVE_TASKS }, () => board.postTask({ task_type: 'work', label: 'Open work' })),
  );
  const chief = new Chief({ board, network });
  await chief.wake('seed');
  const times: number[] = [];
  for (let n = 0; n < CYCLES; n++) {
    const { tasks } = await board.listTasksByStatus(['IN_PROGRESS']);
    await Promise.all(tasks.slice(0, TURNOVER).map(task => finish(board, task)));
    const startedAt = performance.now();
    await chief.wake('seed');
    times.push(performance.now() - startedAt);
  }
  await chief.close();
  await board.close();
  return median(times);
}
