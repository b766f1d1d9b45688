import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { RANDOM_STEPS, randomBoard } from '../otel/random-board.ts';
import { tempDir } from '../support/temp.ts';
import { answersOf, tablesOf } from './answers.ts';
import { countingSource } from './counting-source.ts';
import { openSmallLog, openTimedBoard, register } from './small-log.ts';

it('a second look reads only what is new', async () => {
  const board = await openSmallLog();
  const { source, reads } = countingSource(board);
  const analysis = await openAnalysis(source);
  expect(reads).toContain('all tasks: 4');

  reads.length = 0;
  expect(Object.values(await analysis.refresh()).every(rows => rows === 0)).toBe(true);
  expect(reads, 'nothing has happened').toEqual([]);

  await board.updateTask({ task_id: 't4', to_status: 'IN_PROGRESS', assigned_to: 'w1' });
  await board.postTask({ task_id: 't5', task_type: 'brief', label: 'new' });
  await board.appendFlightLog({ task_id: 't4', stage: 'IN_PROGRESS', payload: 1 });
  const rows = await analysis.refresh();
  expect(reads).toEqual([
    'events after 25: 2',
    'flight log after 1: 1',
    'tasks t4 t5: 2',
    'archived tasks: 0',
    'agents: 4',
  ]);
  expect(rows).toMatchObject({
    events: 2,
    tasks: 2,
    flight_log: 1,
    agents: 4,
    boards: 1,
    chief_cycles: 0,
    profiles: 0,
  });

  // An archived task has no event that says so.
  reads.length = 0;
  await board.archiveTask('t2');
  await analysis.refresh();
  expect(reads).toEqual(['archived tasks: 1', 'agents: 4']);
  expect(await analysis.sql("SELECT standing FROM tasks WHERE task_id = 't2'")).toEqual([{ standing: 'archived' }]);
  await analysis.close();
  await board.close();
});

it('however often it is looked, an analysis says in the end what a new one says', async () => {
  const property = fc.asyncProperty(RANDOM_STEPS, async steps => {
    let analysis: Analysis | null = null;
    const board = await randomBoard(steps, true, async played => {
      if (analysis === null) {
        analysis = await openAnalysis(played);
        // A report keeps what it stands on: of this look, not for the next.
        await analysis.report();
      }
      await analysis.refresh();
      const [task] = await Array.fromAsync(played.tasks());
      if (task !== undefined) await played.appendFlightLog({ task_id: task.task_id, stage: 'any', payload: null });
    });
    const looked = (analysis as Analysis | null) ?? (await openAnalysis(board));
    await looked.refresh();
    const fresh = await openAnalysis(board);
    const [found, expected] = [await answersOf(looked), await answersOf(fresh)];
    for (const [name, rows] of Object.entries(expected)) expect(found[name], name).toEqual(rows);
    for (const each of [looked, fresh]) await each.close();
    await board.close();
  });
  await fc.assert(property, { numRuns: 2, endOnFailure: true });
});

it('a look that is stopped changes nothing, and the next one finds everything', async () => {
  const { board } = await openTimedBoard();
  for (let n = 0; n < 3; n++) await board.postTask({ task_id: `t${n}`, task_type: 'brief', label: '' });
  const analysis = await openAnalysis(board);
  const before = await tablesOf(analysis);
  await register(board, 'w1', 'brief');
  await board.updateTask({ task_id: 't0', to_status: 'IN_PROGRESS', assigned_to: 'w1' });
  for (const table of ['events', 'tasks', 'agents', 'boards']) {
    const stop = new AbortController();
    const onProgress = (progress: { table: string }) => {
      if (progress.table === table) stop.abort(new Error('enough'));
    };
    await expect(analysis.refresh({ signal: stop.signal, onProgress }), table).rejects.toThrow('enough');
    expect(await tablesOf(analysis), table).toEqual(before);
  }
  expect(await analysis.refresh()).toMatchObject({ events: 1, tasks: 1, agents: 1 });
  const fresh = await openAnalysis(board);
  expect(await tablesOf(analysis)).toEqual(await tablesOf(fresh));
  for (const each of [analysis, fresh]) await each.close();
  await board.close();
});

it.each(['parquet', 'ndjson'] as const)('a look at a pattern finds the %s files that came since', async format => {
  const board = await openSmallLog();
  const folder = tempDir();
  await mkdir(join(folder, 'days'));
  await exportLog(board, { to: join(folder, 'days', 'monday'), format });
  const analysis = await openAnalysis(join(folder, 'days', '*'));
  await board.postTask({ task_id: 't5', task_type: 'brief', label: 'new' });
  await exportLog(board, { to: join(folder, 'days', 'tuesday'), format });
  expect(await analysis.sql('SELECT count(*) AS tasks FROM tasks')).toEqual([{ tasks: 4 }]);
  await analysis.refresh();
  expect(await analysis.sql('SELECT count(*) AS tasks FROM tasks')).toEqual([{ tasks: 5 }]);
  const live = await openAnalysis(board);
  expect(await answersOf(analysis), 'Monday is in Tuesday too').toEqual(await answersOf(live));
  for (const each of [analysis, live]) await each.close();
  await board.close();
});
