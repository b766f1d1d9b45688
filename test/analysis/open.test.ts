import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, openAnalysis, openExportedLog } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import { feed } from '../../exporters/feed/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { at, openSmallLog, openTimedBoard } from './small-log.ts';

describe('opening a log', () => {
  let board: Board;
  let analysis: Analysis;
  beforeAll(async () => {
    board = await openSmallLog();
    analysis = await openAnalysis(board);
  });
  afterAll(async () => {
    await analysis.close();
    await board.close();
  });

  it.each(['parquet', 'ndjson', 'csv'] as const)('a folder of %s gives what the board gives', async format => {
    const to = join(tempDir(), "it's [a] *folder*; DROP TABLE x --");
    await exportLog(board, { to, format });
    const exported = await openAnalysis(to);
    expect(await exported.report()).toEqual(await analysis.report());
    expect(await exported.flightPlan("it's")).toEqual(await analysis.flightPlan("it's"));
    expect(await exported.sql('FROM tasks ORDER BY task_id')).toEqual(
      await analysis.sql('FROM tasks ORDER BY task_id'),
    );
    await exported.close();
  });

  it.each(['parquet', 'ndjson', 'csv'] as const)(
    'archived tasks and hostile texts are the same on a board and in %s; an empty board too',
    async format => {
      const { board: hostile, setSeconds } = await openTimedBoard();
      const readTwice = async () => {
        const to = join(tempDir(), 'log');
        await exportLog(hostile, { to, format });
        const [here, there] = [await openAnalysis(hostile), await openAnalysis(to)];
        expect(await there.report()).toEqual(await here.report());
        return { here, there };
      };
      for (const each of Object.values(await readTwice())) await each.close();
      const ids = [
        "it's",
        'a"b',
        'x\ny',
        '\u2028',
        '../up',
        "'; DROP TABLE x; --",
        '🦊',
        ' ',
        '\\',
        'null',
        'é'.repeat(100),
      ];
      setSeconds(1);
      for (const task_id of ids) {
        await hostile.postTask({ task_id, task_type: 'brief', label: `${task_id}${'L'.repeat(10_000)}` });
        await hostile.updateTask({ task_id, to_status: 'IN_PROGRESS', notes_append: `"\r\n${task_id}` });
        await hostile.appendFlightLog({ task_id, stage: task_id, payload: { [task_id]: [`"'`, null, 1.5] } });
        await hostile.updateTask({ task_id, to_status: 'COMPLETE', output: `{"a":"${task_id}` });
        await hostile.archiveTask(task_id);
      }
      const { here, there } = await readTwice();
      const statuses = await there.sql('SELECT standing, count(*) AS n FROM tasks GROUP BY ALL');
      expect(statuses).toEqual([{ standing: 'archived', n: ids.length }]);
      for (const task_id of ids) {
        const { flight_plan } = await hostile.flightPlan(task_id);
        expect(await here.flightPlan(task_id)).toEqual(flight_plan);
        expect(await there.flightPlan(task_id)).toEqual(flight_plan);
      }
      for (const each of [here, there]) await each.close();
      await hostile.close();
    },
  );

  it.each(['parquet', 'ndjson', 'csv'] as const)('an exported log of %s reads like the board', async format => {
    const to = tempDir();
    await exportLog(board, { to, format });
    const log = await openExportedLog(to);
    expect(await log.board()).toEqual(await board.board());
    expect(await log.events(3, 10)).toEqual(await board.events(3, 10));
    expect(await log.events(0, 1000)).toEqual(await board.events(0, 1000));
    expect(await log.events(1000, 10)).toEqual([]);
    expect(await log.chiefCycles(0, 100)).toEqual(await board.chiefCycles(0, 100));
    expect(await log.ombudsmanTicks(0, 100)).toEqual([]);
    expect(await log.taskHistory("it's")).toEqual(await board.taskHistory("it's"));
    expect(await log.taskEvents("it's", 2, 2)).toEqual(await board.taskEvents("it's", 2, 2));
    expect(await log.taskEvents("it's", 0, 9, 1)).toEqual((await board.taskHistory("it's")).slice(0, 1));
    expect(await log.tasksById(['t2', "it's", 'none'])).toEqual(await board.tasksById(['t2', "it's", 'none']));
    expect(await log.tasksById(['t2'], ['task_id', 'visits'])).toEqual([
      { task_id: 't2', visits: (await board.tasksById(['t2']))[0]?.visits },
    ]);
    for (const maxBytes of [1, 200, 1_000]) {
      expect(await log.events(2, 20, maxBytes)).toEqual(await board.events(2, 20, maxBytes));
      expect(await log.chiefCycles(0, 9, maxBytes)).toEqual(await board.chiefCycles(0, 9, maxBytes));
    }
    expect(log.unorderedUntil, 'the board’s row tells what was imported').toBeUndefined();
    expect(await Array.fromAsync(log.tasks())).toEqual(await Array.fromAsync(board.tasks()));
    expect(await Array.fromAsync(log.agents())).toEqual(await Array.fromAsync(board.agents()));
    expect(await Array.fromAsync(log.flightLog())).toEqual(await Array.fromAsync(board.flightLog()));
    const profiles = await Array.fromAsync(board.profiles());
    expect(await Array.fromAsync(log.profiles())).toEqual(
      profiles.toSorted((a, b) => (a.profile < b.profile ? -1 : 1)),
    );
    await log.close();
    await log.close();
  });

  it('a query may run while a table is read', async () => {
    const to = tempDir();
    await exportLog(board, { to });
    const log = await openExportedLog(to);
    const seen: string[] = [];
    for await (const task of log.tasks()) {
      expect((await log.taskHistory(task.task_id)).length).toBeGreaterThan(0);
      seen.push(task.task_id);
    }
    expect(seen).toHaveLength(4);
    await log.close();
  });

  it.each(['parquet', 'ndjson', 'csv'] as const)(
    'a single .%s file has the events, and says what else it lacks',
    async format => {
      const to = join(tempDir(), `a log.${format}`);
      expect(await exportLog(board, { to })).toMatchObject([{ table: 'events', path: to, rows: 25 }]);
      const events = await openAnalysis(to);
      const report = await events.report();
      const full = await analysis.report();
      for (const name of ['dwell_by_status', 'elapsed', 'time_split', 'directly_follows', 'variants'] as const) {
        expect(report[name], name).toEqual(full[name]);
      }
      expect(report.tasks_by_status).toMatchObject({
        available: false,
        reason: expect.stringContaining('no tasks table'),
      });
      expect(report.revisions_by_type).toMatchObject({ available: false });
      expect(report.sleep_study).toMatchObject({ available: false });
      const absent = { code: 'invalid_source' };
      await expect(events.sql('SELECT * FROM tasks')).rejects.toMatchObject(absent);
      await expect(events.sql('WITH x AS (SELECT * FROM flight_plans) SELECT * FROM x')).rejects.toMatchObject(absent);
      await expect(events.flightPlan("it's")).rejects.toMatchObject(absent);
      expect(await events.sql('SELECT count(*) AS tasks FROM task_times')).toEqual([{ tasks: 4 }]);
      await events.close();
      const log = await openExportedLog(to);
      const { board_uid, next_sequence_id } = await board.board();
      expect(await log.board()).toMatchObject({
        board_uid,
        next_sequence_id,
        last_timestamp: at(100.5),
        next_cycle_sequence_id: 1,
      });
      expect(await log.events(0, 100)).toEqual(await board.events(0, 100));
      expect(log.unorderedUntil, 'nobody knows what was imported').toBe(next_sequence_id - 1);
      expect(await Array.fromAsync(log.tasks())).toEqual([]);
      await log.close();
    },
  );

  it('a log with numbers missing is read to its end', async () => {
    const to = join(tempDir(), 'events.ndjson');
    await exportLog(board, { to });
    const log = await openExportedLog(to);
    const all = await log.events(0, 100);
    await log.close();
    const { board_uid } = await board.board();
    const kept = all.filter(event => event.sequence_id < 5 || event.sequence_id > 20);
    const line = (event: (typeof all)[number]) =>
      JSON.stringify({
        board_uid,
        ...event,
        timestamp: isoOf(event.timestamp),
        entered_at: event.entered_at === null ? null : isoOf(event.entered_at),
        last_heartbeat_at: event.last_heartbeat_at === null ? null : isoOf(event.last_heartbeat_at),
      });
    await writeFile(to, `${kept.map(line).join('\n')}\n`);
    const gapped = await openExportedLog(to);
    const seen: number[] = [];
    for (let after = 0; ; ) {
      const page = await gapped.events(after, 3);
      seen.push(...page.map(event => event.sequence_id));
      if (page.length < 3) break;
      after = page.at(-1)?.sequence_id ?? 0;
    }
    expect(seen).toEqual(kept.map(event => event.sequence_id));
    const bounded = await Array.fromAsync(feed(gapped, { follow: false, batchSize: 3, maxPageBytes: 150 }));
    expect(bounded.flatMap(page => page.events.map(event => event.sequence_id))).toEqual(seen);
    await gapped.close();
  });

  it('times keep their instant whatever offset a file gives them', async () => {
    const folder = tempDir();
    await exportLog(board, { to: folder, format: 'ndjson' });
    const text = await readFile(join(folder, 'boards.ndjson'), 'utf8');
    const created = isoOf((await board.board()).created_at);
    const shifted = isoOf((await board.board()).created_at + 7_200_000_000).replace('+00:00', '+02:00');
    await writeFile(join(folder, 'boards.ndjson'), text.replace(created, shifted));
    const log = await openExportedLog(folder);
    expect((await log.board()).created_at).toBe((await board.board()).created_at);
    await log.close();
  });

  it('refuses what is no log, naming it', async () => {
    const folder = tempDir();
    const refused = { code: 'invalid_source' };
    await expect(openAnalysis(join(folder, 'none'))).rejects.toMatchObject(refused);
    await expect(openAnalysis(folder)).rejects.toMatchObject(refused);
    await writeFile(join(folder, 'x.parquet'), 'this is no parquet file');
    await expect(openAnalysis(join(folder, 'x.parquet'))).rejects.toMatchObject(refused);
    await writeFile(join(folder, 'x.txt'), '');
    await expect(openExportedLog(join(folder, 'x.txt'))).rejects.toThrow(/\.parquet, \.ndjson, \.csv/);
    await mkdir(join(folder, 'log'));
    await exportLog(board, { to: join(folder, 'log'), tables: ['tasks', 'events'] });
    await rename(join(folder, 'log', 'tasks.parquet'), join(folder, 'log', 'events.parquet'));
    await expect(openAnalysis(join(folder, 'log'))).rejects.toThrow(/events\.parquet does not hold the table events/);
    await rm(join(folder, 'log', 'events.parquet'));
    await expect(openAnalysis(join(folder, 'log'))).rejects.toThrow(/no events file/);
  });

  it('keeps loaded rows in a file where asked', async () => {
    const databaseFile = join(tempDir(), 'log.duckdb');
    const opened = await openAnalysis(board, { databaseFile, memoryLimit: '256MB', tempDirectory: tempDir() });
    expect(await opened.report()).toEqual(await analysis.report());
    await opened.close();
  });

  it('stops at a signal', async () => {
    const stop = new AbortController();
    const opened = await openAnalysis(board, { signal: stop.signal });
    const running = opened.sql('SELECT count(*) FROM range(10000000000) a, range(1000) b');
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(running).rejects.toThrow('enough');
    await expect(opened.report()).rejects.toThrow('enough');
    await opened.close();
    await expect(openAnalysis(board, { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('tells how far it is', async () => {
    const told: string[] = [];
    const opened = await openAnalysis(board, {
      onProgress: ({ table, rows, expected }) => told.push(`${table} ${rows} ${expected}`),
    });
    await opened.close();
    expect(told).toContain('events 25 25');
    expect(told).toContain('tasks 4 null');
  });
});

describe('queries of one’s own', () => {
  it('take parameters and give JSON-safe values', async () => {
    const board = await openSmallLog();
    const analysis = await openAnalysis(board);
    const query =
      'SELECT task_id, timestamp, payload FROM events WHERE task_id = $1 AND sequence_id > $2 ORDER BY ALL LIMIT 1';
    const [row] = await analysis.sql(query, ["it's", 1]);
    expect(row).toEqual({ task_id: "it's", timestamp: isoOf(at(10)), payload: { profile: 'review_required' } });
    const [values] = await analysis.sql(
      `SELECT 9007199254740993::BIGINT AS big, 3::HUGEINT AS huge, 1.5::DECIMAL(4, 2) AS decimal,
      'nan'::DOUBLE AS nothing, [DATE '2026-01-02'] AS days, {'a': TIMESTAMPTZ '2026-01-02 03:04:05+02'} AS struct, NULL AS none,
      '{"a":[1]}'::JSON AS json, $word AS word`,
      { word: 'x' },
    );
    expect(values).toEqual({
      big: '9007199254740993',
      huge: 3,
      decimal: 1.5,
      nothing: null,
      days: ['2026-01-02'],
      struct: { a: '2026-01-02T01:04:05.000000+00:00' },
      none: null,
      json: { a: [1] },
      word: 'x',
    });
    expect(await analysis.query('SELECT 1 AS a, 2 AS b WHERE false')).toEqual({ columns: ['a', 'b'], rows: [] });
    await expect(analysis.sql('SELEC 1')).rejects.toMatchObject({ code: 'invalid_payload' });
    await analysis.close();
    await board.close();
  });
});
