import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnalysisSource, openAnalysis, openExportedLog } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { answersOf, tablesOf } from './answers.ts';
import { openSmallLog, openTimedBoard } from './small-log.ts';

async function answers(source: AnalysisSource | readonly AnalysisSource[]): Promise<Record<string, unknown>> {
  const analysis = await openAnalysis(source);
  try {
    return await answersOf(analysis);
  } finally {
    await analysis.close();
  }
}

describe('several sources as one log', () => {
  let small: Board;
  let other: Board;
  beforeAll(async () => {
    small = await openSmallLog();
    const { board, setSeconds } = await openTimedBoard();
    other = board;
    setSeconds(0);
    await other.postTask({ task_id: 't2', task_type: 'brief', label: 'of another board' });
    setSeconds(8);
    await other.updateTask({ task_id: 't2', to_status: 'IN_PROGRESS', assigned_to: 'w9' });
  });
  afterAll(async () => {
    await small.close();
    await other.close();
  });

  it('boards, their exports, and one of each, say the same', async () => {
    const folder = tempDir();
    await exportLog(small, { to: join(folder, 'small') });
    await exportLog(other, { to: join(folder, 'other'), format: 'csv' });
    const boards = await answers([small, other]);
    expect(boards.log_summary).toMatchObject({ rows: [{ boards: 2, tasks: 5, events: 27 }] });
    expect(await answers([join(folder, 'small'), join(folder, 'other')])).toEqual(boards);
    expect(await answers(join(folder, '*'))).toEqual(boards);
    expect(await answers([small, join(folder, 'other')])).toEqual(boards);
  });

  it('a task that two boards have is asked for by its board', async () => {
    const analysis = await openAnalysis([small, other]);
    await expect(analysis.flightPlan('t2')).rejects.toMatchObject({ code: 'invalid_configuration' });
    const { board_uid } = await other.board();
    expect(await analysis.flightPlan('t2', board_uid)).toEqual((await other.flightPlan('t2')).flight_plan);
    await analysis.close();
  });

  it('the files of a folder one by one are the folder', async () => {
    const folder = tempDir();
    await exportLog(small, { to: folder });
    expect(await answers(join(folder, '*.parquet'))).toEqual(await answers(folder));
    const log = await openExportedLog([join(folder, 'events.parquet'), join(folder, 'boards.parquet')]);
    expect(await log.board()).toEqual(await small.board());
    expect([...log.absentTables].toSorted()).toEqual([
      'agents',
      'chief_cycles',
      'flight_log',
      'ombudsman_ticks',
      'profiles',
      'tasks',
    ]);
    await log.close();
  });

  it('days of one board, each exported with all before it: every row once, and the newest of what is replaced', async () => {
    const folder = tempDir();
    const { board, setSeconds } = await openTimedBoard();
    for (const day of [0, 1, 2]) {
      setSeconds(day * 86_400);
      await board.postTask({ task_id: `t${day}`, task_type: 'brief', label: '' });
      if (day > 0) await board.updateTask({ task_id: `t${day - 1}`, to_status: 'IN_PROGRESS', assigned_to: 'w' });
      await exportLog(board, { to: join(folder, `day-${day}`), format: day === 1 ? 'ndjson' : 'parquet' });
    }
    expect(await answers(join(folder, 'day-*'))).toEqual(await answers(board));
    await board.close();
  });

  it('single files of events, by any name', async () => {
    const folder = tempDir();
    for (const day of ['2026-11-21.parquet', '2026-11-22.ndjson']) await exportLog(small, { to: join(folder, day) });
    await exportLog(other, { to: join(folder, 'other.csv') });
    const analysis = await openAnalysis(join(folder, '*'));
    expect(await analysis.sql('SELECT count(*) AS n FROM events')).toEqual([{ n: 27 }]);
    expect(analysis.absentTables.has('tasks')).toBe(true);
    await analysis.close();
  });

  it('a table that one board’s source lacks is absent: the others’ rows would look like all', async () => {
    const folder = tempDir();
    await exportLog(small, { to: join(folder, 'small') });
    await exportLog(other, { to: join(folder, 'other.parquet') });
    const analysis = await openAnalysis([join(folder, 'small'), join(folder, 'other.parquet')]);
    expect(await analysis.run('tasks_by_status')).toMatchObject({ available: false });
    await analysis.close();
    // Of a board whose tasks another folder has, nothing is missing.
    await mkdir(join(folder, 'log'));
    await copyFile(join(folder, 'small', 'events.parquet'), join(folder, 'log', 'events.parquet'));
    const whole = await openAnalysis([join(folder, 'small'), join(folder, 'log')]);
    expect(whole.absentTables.size).toBe(0);
    expect(await tablesOf(whole)).toEqual(await answersOfTables(small));
    await whole.close();
  });

  async function answersOfTables(board: Board): Promise<Record<string, unknown>> {
    const analysis = await openAnalysis(board);
    const tables = await tablesOf(analysis);
    await analysis.close();
    return tables;
  }

  it.each(['ndjson', 'parquet'] as const)('%s files that contradict each other are refused by name', async format => {
    const folder = tempDir();
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    await exportLog(small, { to: one, format: 'ndjson' });
    await exportLog(small, { to: two, format: 'ndjson' });
    const lines = (await readFile(join(two, 'events.ndjson'), 'utf8')).split('\n');
    const changed = lines.map((line, index) => (index === 6 ? line.replace('"w1"', '"w7"') : line));
    expect(changed).not.toEqual(lines);
    await writeFile(join(two, 'events.ndjson'), changed.join('\n'));
    if (format === 'parquet') {
      for (const path of [one, two]) {
        const log = await openExportedLog(path);
        await exportLog(log, { to: `${path} parquet` });
        await log.close();
      }
    }
    const paths = format === 'parquet' ? [`${one} parquet`, `${two} parquet`] : [one, two];
    const { board_uid } = await small.board();
    const files = paths.map(path => join(path, `events.${format}`));
    await expect(openAnalysis(paths)).rejects.toMatchObject({
      code: 'invalid_source',
      message: `${files[0]} and ${files[1]} say different things of row 7 of events of board ${board_uid}: take one of them out`,
    });
  });

  it('JSON written with other spaces is the same', async () => {
    const folder = tempDir();
    await exportLog(small, { to: join(folder, 'one'), format: 'ndjson' });
    await exportLog(small, { to: join(folder, 'two'), format: 'ndjson' });
    const path = join(folder, 'two', 'events.ndjson');
    const spaced = (await readFile(path, 'utf8')).replaceAll('"payload":{"', '"payload":{ "');
    await writeFile(path, spaced);
    expect(await answers(join(folder, '*'))).toEqual(await answers(join(folder, 'one')));
  });

  it('a board that is given twice is refused', async () => {
    const folder = tempDir();
    await exportLog(small, { to: folder });
    const refused = { code: 'invalid_source', message: expect.stringContaining('a board has all of its log') };
    await expect(openAnalysis([small, small])).rejects.toMatchObject(refused);
    await expect(openAnalysis([small, folder])).rejects.toMatchObject(refused);
  });

  it('refuses a pattern that matches nothing, and files without events', async () => {
    const folder = tempDir();
    await expect(openAnalysis(join(folder, '*.parquet'))).rejects.toThrow('Nothing matches');
    await exportLog(small, { to: folder, tables: ['tasks', 'agents'], format: 'csv' });
    await expect(openAnalysis(join(folder, '*.csv'))).rejects.toThrow('none of events');
    await expect(openAnalysis([])).rejects.toMatchObject({ code: 'invalid_source' });
  });
});
