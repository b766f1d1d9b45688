import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/index.ts';

/** What a sample board holds. */
export interface SampleOptions {
  readonly boardId?: string;
  /** Labels of the tasks, `t1`, `t2` and so on. */
  readonly labels?: readonly string[];
}

/** A task's way through the `fast` profile: posted, worked on with one beat, done. */
export async function runMemo(board: Board, task_id: string, label: string): Promise<void> {
  await board.postTask({ task_id, task_type: 'memo', label });
  await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ada' });
  await board.postAgentHeartbeat({ agent_id: 'ada', task_id });
  await board.postResult({ task_id, agent_id: 'ada', output: `${label}, dear all` });
}

/** Opens a board of memos for writing; the caller closes it. */
export async function openSample(file: string, boardId = 'default'): Promise<Board> {
  const board = await openBoard({ backend: sqlite({ file }), boardId, taskTypes: { memo: 'fast' } });
  const card = { name: 'Ada', url: 'a2a://ada', version: '1', capabilities: ['memo'], description: '' };
  await board.registerAgent({ agent_id: 'ada', ...card });
  return board;
}

/** Writes a board whose memos are all done: four events and one heartbeat among them each. */
export async function writeSample(file: string, options: SampleOptions = {}): Promise<void> {
  const { boardId, labels = ['lunch', 'fire drill'] } = options;
  const board = await openSample(file, boardId);
  for (const [index, label] of labels.entries()) await runMemo(board, `t${index + 1}`, label);
  await board.close();
}
