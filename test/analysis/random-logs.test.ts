import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import { stagesOf } from '../../board/core/stages.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { joinLogs } from './join-logs.ts';
import { play, STEP } from './random-log.ts';
import { openTimedBoard } from './small-log.ts';

describe('random logs', () => {
  it('SQL gives what stagesOf and the board give, on the board and on its exports', async () => {
    const folder = tempDir();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 60 }), async steps => {
        const timed = await openTimedBoard();
        const { board } = timed;
        await play(timed, steps);
        const analysis = await openAnalysis(board);
        try {
          const paths: string[] = [];
          for await (const { task_id } of board.tasks()) {
            const plan = await analysis.flightPlan(task_id);
            expect(plan).toEqual((await board.flightPlan(task_id)).flight_plan);
            paths.push(
              stagesOf(plan.events)
                .map(stage => stage.status)
                .join(' → '),
            );
          }
          const report = await analysis.report();
          const variants = report.variants.available ? report.variants.rows : [];
          expect(variants.flatMap(row => Array<string>(row.count).fill(row.path)).toSorted()).toEqual(paths.toSorted());
          const sums =
            'SELECT elapsed_us, active_us + wait_us + lost_us + blocked_us AS parts FROM task_times WHERE finished_at IS NOT NULL';
          for (const { elapsed_us, parts } of await analysis.sql(sums)) expect(parts).toBe(elapsed_us);
          for (const format of ['parquet', 'ndjson', 'csv'] as const) {
            const to = join(folder, `${run++}`);
            await exportLog(board, { to, format });
            const exported = await openAnalysis(to);
            expect(await exported.report()).toEqual(report);
            await exported.close();
          }
        } finally {
          await analysis.close();
          await board.close();
        }
      }),
      { numRuns: 5 },
    );
  });

  it('task ids that repeat across boards stay apart', async () => {
    const folder = tempDir();
    const uids: string[] = [];
    for (const [index, dwell] of [10, 20].entries()) {
      const { board, setSeconds } = await openTimedBoard();
      setSeconds(0);
      await board.postTask({ task_id: 't1', task_type: 'brief', label: 'x' });
      setSeconds(dwell);
      await board.updateTask({ task_id: 't1', to_status: 'IN_PROGRESS', assigned_to: 'w1' });
      setSeconds(100);
      await board.updateTask({ task_id: 't1', to_status: 'COMPLETE' });
      uids.push((await board.board()).board_uid);
      await exportLog(board, { to: join(folder, `${index}`), format: 'ndjson' });
      await board.close();
    }
    await joinLogs([join(folder, '0'), join(folder, '1')], join(folder, 'both'));
    const analysis = await openAnalysis(join(folder, 'both'));
    const waits = await analysis.sql("SELECT dwell_seconds FROM stages WHERE status = 'UNASSIGNED' ORDER BY 1");
    expect(waits).toEqual([{ dwell_seconds: 10 }, { dwell_seconds: 20 }]);
    const report = await analysis.report();
    expect(report.elapsed).toMatchObject({
      rows: [{ tasks: 2, finished: 2, mean_seconds: 100 }, { task_type: 'brief' }],
    });
    expect(report.time_split).toMatchObject({
      rows: [{ wait_seconds: 30, active_seconds: 170 }, { task_type: 'brief' }],
    });
    expect(report.directly_follows).toMatchObject({ rows: [{ cases: 2 }, { cases: 2, count: 2 }] });
    expect(report.variants).toMatchObject({ rows: [{ count: 2, variants: 1 }] });
    await expect(analysis.flightPlan('t1')).rejects.toMatchObject({ code: 'invalid_configuration' });
    expect(await analysis.flightPlan('t1', uids[1])).toMatchObject({ wait_seconds: 20 });
    await analysis.close();
  });
});
