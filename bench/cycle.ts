import { Chief } from '../board/agents/chief.ts';
import { sqlite } from '../board/backends/sqlite/index.ts';
import type { Board } from '../board/board.ts';
import { openBoard } from '../board/index.ts';
import { answer } from '../board/transport/envelope.ts';
import { localNetwork } from '../board/transport/network.ts';

const AGENTS = 60;
const ACTIVE_TASKS = 100;
/** Tasks that finish and are posted anew before each cycle. */
const TURNOVER = 10;
const GROUP = 250;
const AGENT_URL = 'a2a://workers/all';

/** A board on which Chief cycles can be timed. */
export interface CycleBoard {
  readonly board: Board;
  /** Runs one cycle that dispatches ten tasks; its milliseconds. */
  cycle(): Promise<number>;
  close(): Promise<void>;
}

async function addFinished(board: Board, count: number): Promise<void> {
  for (let done = 0; done < count; done += GROUP) {
    const ids = Array.from({ length: Math.min(GROUP, count - done) }, (_, n) => `finished-${done + n}`);
    await Promise.all(ids.map(task_id => board.postTask({ task_id, task_type: 'work', label: 'Finished work' })));
    await Promise.all(ids.map(task_id => board.updateTask({ task_id, to_status: 'IN_PROGRESS' })));
    await Promise.all(ids.map(task_id => board.postResult({ task_id, output: 'done' })));
  }
}

async function addAgents(board: Board): Promise<void> {
  for (let n = 0; n < AGENTS; n++) {
    const agent_id = `agent-${n}`;
    const card = { agent_id, name: agent_id, url: AGENT_URL, version: '1', capabilities: ['work'], description: '' };
    await board.registerAgent(card);
  }
}

async function turnOver(board: Board): Promise<void> {
  const { tasks } = await board.listTasksByStatus(['IN_PROGRESS']);
  await Promise.all(
    tasks.slice(0, TURNOVER).map(async ({ task_id }) => {
      await board.postResult({ task_id, output: 'done' });
      await board.postTask({ task_type: 'work', label: 'More work' });
    }),
  );
}

/** A SQLite board with `finished` finished tasks, worked on by {@link cycleBoardOf}. */
export async function openCycleBoard(file: string, finished: number): Promise<CycleBoard> {
  const board = await openBoard({ backend: sqlite({ file }), taskTypes: { work: 'fast' } });
  await addFinished(board, finished);
  return cycleBoardOf(board);
}

/** Adds 100 open tasks, 60 of them in progress; before each cycle ten finish and ten are posted. */
export async function cycleBoardOf(board: Board): Promise<CycleBoard> {
  await addAgents(board);
  const post = () => board.postTask({ task_type: 'work', label: 'Open work' });
  await Promise.all(Array.from({ length: ACTIVE_TASKS }, post));
  const network = localNetwork();
  network.registerEndpoint(AGENT_URL, request => answer(request, async () => ({})));
  const chief = new Chief({ board, network });
  await chief.wake('seed');
  return {
    board,
    async cycle() {
      await turnOver(board);
      const startedAt = performance.now();
      await chief.wake('seed');
      return performance.now() - startedAt;
    },
    async close() {
      await chief.close();
      await board.close();
    },
  };
}
