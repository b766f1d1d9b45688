import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAnalysis, REPORT_NAMES } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { openSmallLog } from './small-log.ts';

/** A query that would take years. */
const ENDLESS = 'SELECT count(*) FROM range(10000000000) a, range(1000000) b';

describe('stopping an analysis, and bounding it', () => {
  let board: Board;
  beforeAll(async () => {
    board = await openSmallLog();
  });
  afterAll(() => board.close());

  it('the signal of a call stops that call alone', async () => {
    const analysis = await openAnalysis(board);
    const stop = new AbortController();
    const stopped = analysis.sql(ENDLESS, [], { signal: stop.signal });
    const waiting = analysis.sql('SELECT 1 AS one', []);
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(stopped).rejects.toThrow('enough');
    expect(await waiting).toEqual([{ one: 1 }]);
    const told: string[] = [];
    const between = new AbortController();
    const onProgress = ({ analysis: name, done, total }: { analysis: string; done: number; total: number }) => {
      told.push(`${name} ${done} of ${total}`);
      if (done === 2) between.abort(new Error('two are enough'));
    };
    await expect(analysis.report({ signal: between.signal, onProgress })).rejects.toThrow('two are enough');
    expect(told).toEqual([0, 1].map(index => `${REPORT_NAMES[index]} ${index + 1} of ${REPORT_NAMES.length}`));
    expect((await analysis.run('log_summary')).available).toBe(true);
    await analysis.close();
  });

  it('close stops what runs, refuses what waits and what comes, and waits for both', async () => {
    const analysis = await openAnalysis(board);
    const calls = [analysis.sql(ENDLESS), analysis.report(), analysis.refresh()];
    const closed = analysis.close();
    for (const call of [...calls, analysis.flightPlan('t2')]) {
      await expect(call).rejects.toMatchObject({ code: 'closed' });
    }
    await closed;
    await analysis.close();
  });

  it.each(['events', 'tasks', 'boards'])('a load that is stopped at its %s leaves nothing open', async table => {
    const stop = new AbortController();
    const tempDirectory = tempDir();
    const databaseFile = join(tempDirectory, 'cache.duckdb');
    const onProgress = (progress: { table: string }) => {
      if (progress.table === table) stop.abort(new Error('enough'));
    };
    const options = { databaseFile, tempDirectory };
    await expect(openAnalysis(board, { ...options, signal: stop.signal, onProgress })).rejects.toThrow('enough');
    const analysis = await openAnalysis(board, options);
    expect(await analysis.sql('SELECT count(*) AS n FROM events')).toEqual([{ n: 25 }]);
    await analysis.close();
  });

  it('a file of text that is being parsed is stopped, and tells how far it is', async () => {
    const folder = tempDir();
    await exportLog(board, { to: folder, format: 'ndjson' });
    const stop = new AbortController();
    const tables: string[] = [];
    const opening = openAnalysis(folder, {
      signal: stop.signal,
      onProgress: ({ table, share }) => {
        tables.push(`${table} ${share}`);
        if (table === 'chief_cycles') stop.abort(new Error('enough'));
      },
    });
    await expect(opening).rejects.toThrow('enough');
    expect(tables).toEqual(['agents null', 'boards null', 'chief_cycles null']);
  });

  it('keeps to its memory by writing to the folder it is given', async () => {
    const tempDirectory = tempDir();
    const analysis = await openAnalysis(board, { memoryLimit: '100MB', tempDirectory, threads: 1 });
    expect(await analysis.sql("SELECT current_setting('threads') AS threads")).toEqual([{ threads: 1 }]);
    let most = 0;
    const watch = setInterval(async () => {
      most = Math.max(most, (await readdir(tempDirectory)).length);
    }, 5);
    // A sort of more than there is memory for.
    const sorted = 'SELECT md5(i::VARCHAR) AS h FROM range(4000000) t(i) ORDER BY h DESC LIMIT 1 OFFSET 3999999';
    expect(await analysis.sql(sorted)).toHaveLength(1);
    clearInterval(watch);
    expect(most).toBeGreaterThan(0);
    await analysis.close();
  });

  it('refuses bounds that cannot be', async () => {
    const refused = { code: 'invalid_configuration' };
    await expect(openAnalysis(board, { memoryLimit: 'much' })).rejects.toMatchObject(refused);
    await expect(openAnalysis(board, { threads: 0 })).rejects.toMatchObject(refused);
    await expect(openAnalysis(board, { threads: 1.5 })).rejects.toMatchObject(refused);
  });
});
