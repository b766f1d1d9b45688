import type { Board } from '../../board/board.ts';
import { at, openTimedBoard, register } from './small-log.ts';

/**
 * What happens in the log of silent workers, by the second; `late` is a beat of the agent's first assignment of the task.
 *
 * - a (article): w1 works from 10, beats at 20 and 25, is found stale at 65 (detection 40), and has it again from 75; its old
 *   self beats at 80, its new one at 85. Done at 95, sent back by r1 (100 to 110), reworked 115 to 125, approved (130 to 140).
 * - b (article): w2 works from 11, never beats, is found stale at 61 (detection 50). w1 has it from 130, while w2 beats at
 *   135, and fails at 150.
 * - c (brief): w2 works from 12, beats at 32, is found stale at 92 (detection 60); nobody takes it up again.
 * - d (brief): w1 works from 90, and still does when the log ends at 200.
 * - e (article): w3 works from 14 to 24, when it is put ON_HOLD.
 */
const HAPPENINGS: readonly (readonly [seconds: number, task: string, to: string, agent?: string])[] = [
  [0, 'a', 'post'],
  [1, 'b', 'post'],
  [2, 'c', 'post'],
  [3, 'd', 'post'],
  [4, 'e', 'post'],
  [10, 'a', 'IN_PROGRESS', 'w1'],
  [11, 'b', 'IN_PROGRESS', 'w2'],
  [12, 'c', 'IN_PROGRESS', 'w2'],
  [14, 'e', 'IN_PROGRESS', 'w3'],
  [20, 'a', 'beat', 'w1'],
  [24, 'e', 'ON_HOLD'],
  [25, 'a', 'beat', 'w1'],
  [32, 'c', 'beat', 'w2'],
  [61, 'b', 'STALE'],
  [65, 'a', 'STALE'],
  [66, 'b', 'UNASSIGNED'],
  [70, 'a', 'UNASSIGNED'],
  [75, 'a', 'IN_PROGRESS', 'w1'],
  [80, 'a', 'late', 'w1'],
  [85, 'a', 'beat', 'w1'],
  [90, 'd', 'IN_PROGRESS', 'w1'],
  [92, 'c', 'STALE'],
  [95, 'a', 'PENDING_REVIEW'],
  [97, 'c', 'UNASSIGNED'],
  [100, 'a', 'IN_PROGRESS', 'r1'],
  [110, 'a', 'REVISION_NEEDED'],
  [115, 'a', 'IN_PROGRESS', 'w1'],
  [125, 'a', 'PENDING_REVIEW'],
  [130, 'b', 'IN_PROGRESS', 'w1'],
  [130.5, 'a', 'IN_PROGRESS', 'r1'],
  [135, 'b', 'late', 'w2'],
  [140.5, 'a', 'APPROVED'],
  [142, 'a', 'COMPLETE'],
  [150, 'b', 'HUMAN_REVIEW'],
  [200, 'f', 'post'],
];

const AGENTS = [
  ['w1', 'article'],
  ['w2', 'article'],
  ['w3', 'article'],
  ['r1', 'review'],
  ['gone', 'brief'],
] as const;

/**
 * The documented log of silent workers on a board in memory. Its agents are registered at -5 (w1), -4 (w2), -3 (w3), -2 (r1)
 * and -1 s (gone, which is OFFLINE at the end and was not seen again).
 */
export async function openSilentLog(): Promise<Board> {
  const { board, setSeconds } = await openTimedBoard();
  for (const [index, [agent_id, capability]] of AGENTS.entries()) {
    setSeconds(index - AGENTS.length);
    await register(board, agent_id, capability);
  }
  const fences = new Map<string, number>();
  for (const [seconds, task_id, to, agent_id = ''] of HAPPENINGS) {
    setSeconds(seconds);
    if (to === 'post') {
      const task_type = task_id === 'c' || task_id === 'd' ? 'brief' : 'article';
      await board.postTask({ task_id, task_type, label: '' });
    } else if (to === 'beat') {
      await board.postAgentHeartbeat({ agent_id, task_id });
    } else if (to === 'late') {
      await board.postAgentHeartbeat({ agent_id, task_id, fence: fences.get(task_id) ?? 0 });
    } else {
      const given = agent_id === '' ? {} : { assigned_to: agent_id };
      const reason = to === 'STALE' ? { reason: 'stale_heartbeat' } : {};
      const { task } = await board.updateTask({ task_id, to_status: to, ...given, ...reason });
      if (to === 'IN_PROGRESS' && !fences.has(task_id)) fences.set(task_id, task.entered_sequence_id);
    }
  }
  await board.call('board.set_agent_offline', { agent_id: 'gone', if_silent_since: at(100) });
  return board;
}
