import { describe, expect, it } from 'vitest';
import { type AnalysisRows, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { openSmallLog, openTimedBoard } from './small-log.ts';

type Lane = AnalysisRows['flight_lanes'];

async function lanesOf(board: Board): Promise<readonly Lane[]> {
  const analysis = await openAnalysis(board);
  try {
    const result = await analysis.run('flight_lanes');
    if (!result.available) throw new Error(result.reason);
    return result.rows;
  } finally {
    await analysis.close();
    await board.close();
  }
}

const stagesOf = (rows: readonly Lane[], chosen_as: Lane['chosen_as'], task_id: string) =>
  rows
    .filter(row => row.chosen_as === chosen_as && row.task_id === task_id)
    .map(row => [
      row.stage,
      row.status,
      row.stage_kind,
      row.start_seconds,
      row.dwell_seconds,
      row.active_seconds,
      row.lost_seconds,
    ]);

describe('flight_lanes', () => {
  it('has the slowest first, then the most revised, in the order of their rank', async () => {
    const rows = await lanesOf(await openSmallLog());
    const order = [...new Set(rows.map(({ chosen_as, rank, task_id }) => `${chosen_as} ${rank} ${task_id}`))];
    // t2 took 80 s, "it's" and t3 70 s each; only "it's" was sent back.
    expect(order).toEqual(['slowest 1 t2', "slowest 2 it's", 'slowest 3 t3', "most_revised 1 it's"]);
    expect(rows[0]).toMatchObject({
      elapsed_seconds: 80,
      revisions: 0,
      stale_count: 1,
      label: '"t2", a task',
      visit: 1,
      edge_in: 'post',
      assigned_to: null,
    });
  });

  it('has every stage since the post, with what was lost of the one that ended stale', async () => {
    const rows = await lanesOf(await openSmallLog());
    expect(stagesOf(rows, 'slowest', 't2')).toEqual([
      [1, 'UNASSIGNED', 'wait', 0, 15, 0, 0],
      [2, 'IN_PROGRESS', 'active', 15, 20, 4, 16],
      [3, 'STALE', 'wait', 35, 1, 0, 0],
      [4, 'UNASSIGNED', 'wait', 36, 9, 0, 0],
      [5, 'IN_PROGRESS', 'active', 45, 10, 10, 0],
      [6, 'PENDING_REVIEW', 'wait', 55, 10, 0, 0],
      [7, 'IN_PROGRESS', 'review', 65, 10, 10, 0],
      [8, 'APPROVED', 'wait', 75, 5, 0, 0],
      // The log ends at 100.5, 15.25 s after it was complete.
      [9, 'COMPLETE', 'terminal', 80, 15.25, 0, 0],
    ]);
    const last = rows.find(({ task_id, stage }) => task_id === 't2' && stage === 9);
    expect([last?.exited_at, last?.visit]).toEqual([null, null]);
  });

  it('has no more than eight of each, and none of a board without tasks', async () => {
    const { board, setSeconds } = await openTimedBoard();
    expect(await lanesOf((await openTimedBoard()).board)).toEqual([]);
    for (let n = 0; n < 10; n++) {
      setSeconds(n);
      await board.postTask({ task_id: `t${n}`, task_type: 'brief', label: 'L' });
    }
    for (let n = 0; n < 10; n++) {
      setSeconds(20 + 2 * n);
      await board.updateTask({ task_id: `t${n}`, to_status: 'HUMAN_REVIEW' });
    }
    const rows = await lanesOf(board);
    // t9 took 29 s, t8 28 and so on; none was sent back.
    expect([...new Set(rows.map(({ task_id }) => task_id))]).toEqual(['t9', 't8', 't7', 't6', 't5', 't4', 't3', 't2']);
  });

  it('cuts a task of very many stages', async () => {
    const { board, setSeconds } = await openTimedBoard();
    await board.postTask({ task_id: 't', task_type: 'brief', label: 'L' });
    for (let n = 0; n < 101; n++) {
      for (const [step, to_status] of ['IN_PROGRESS', 'STALE', 'UNASSIGNED'].entries()) {
        setSeconds(n * 3 + step + 1);
        await board.updateTask({ task_id: 't', to_status });
      }
    }
    setSeconds(1_000);
    await board.updateTask({ task_id: 't', to_status: 'ON_HOLD' });
    const rows = await lanesOf(board);
    expect(rows.map(({ stage }) => stage)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });
});
