import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYSIS_NAMES, type Analysis, openAnalysis, REPORT_NAMES } from '../../analysis/index.ts';
import { sqlFileOf, sqlFiles, VIEW_FILES } from '../../analysis/sql-files.ts';
import type { Board } from '../../board/board.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { openSmallLog, openTimedBoard } from './small-log.ts';

const SQL = resolve(import.meta.dirname, '../../analysis/sql');
const NO_ANALYSES = [...VIEW_FILES, 'materialize', 'open-folder'];

describe('the .sql files', () => {
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

  it('there is one an analysis, and no other', async () => {
    const files = (await readdir(SQL))
      .map(file => file.replace(/\.sql$/, ''))
      .filter(name => !NO_ANALYSES.includes(name));
    expect(files.toSorted()).toEqual(ANALYSIS_NAMES.map(name => name.replaceAll('_', '-')).toSorted());
  });

  it.each(ANALYSIS_NAMES)('%s: says what it answers and needs, and binds', async name => {
    const { sql, needs } = await sqlFileOf(name);
    expect(sql).toMatch(/^-- .+\n-- Question: .+\n-- Formula: [\s\S]+\n-- Source: docs\/analysis\.md/);
    expect(needs.length).toBeGreaterThan(0);
    await expect(analysis.sql(`EXPLAIN ${sql}`)).resolves.not.toEqual([]);
  });

  it.each(ANALYSIS_NAMES)('%s: is described in docs/analysis.md', async name => {
    const docs = await readFile(resolve(import.meta.dirname, '../../docs/analysis.md'), 'utf8');
    expect(docs).toContain(`\`${name}\``);
  });

  it('docs/analysis.md loads all views in their order, then what keeps them', async () => {
    const docs = await readFile(resolve(import.meta.dirname, '../../docs/analysis.md'), 'utf8');
    const read = [...docs.matchAll(/^\.read analysis\/sql\/(.+)\.sql$/gm)].map(([, name]) => name);
    expect(read.slice(0, -1)).toEqual(['open-folder', ...VIEW_FILES, 'materialize']);
    const { sql } = (await sqlFiles()).find(({ name }) => name === 'materialize') ?? { sql: '' };
    const after = [...sql.matchAll(/^-- After (.+)\.sql$/gm)].map(([, name]) => name ?? '');
    expect(after.length).toBeGreaterThan(3);
    expect(after).toEqual(VIEW_FILES.filter(name => after.includes(name)));
  });

  it('run unchanged in plain DuckDB on an exported folder, with the same answers', async () => {
    const folder = tempDir();
    await exportLog(board, { to: folder });
    const script = `
      import { DuckDBInstance } from '@duckdb/node-api';
      import { readFileSync } from 'node:fs';
      const connection = await (await DuckDBInstance.create()).connect();
      const text = name => readFileSync(process.argv[1] + '/' + name + '.sql', 'utf8');
      await connection.run("SET file_search_path = '" + process.argv[2].replaceAll("'", "''") + "'");
      await connection.run(text('open-folder'));
      for (const views of ${JSON.stringify(VIEW_FILES)}) await connection.run(text(views));
      const answers = {};
      for (const name of process.argv.slice(3)) {
        answers[name] = (await connection.runAndReadAll(text(name.replaceAll('_', '-')))).getRowsJson().length;
      }
      console.log(JSON.stringify(answers));`;
    const parameters = ['--input-type=module', '-e', script, SQL, folder, ...ANALYSIS_NAMES];
    const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: resolve(SQL, '../..') });
    const counts: Record<string, number> = {};
    for (const name of ANALYSIS_NAMES) {
      const result = await analysis.run(name);
      counts[name] = result.available ? result.rows.length : 0;
    }
    expect(JSON.parse(stdout)).toEqual(counts);
  });

  it('give the same answers in a report, which keeps what they stand on, as one by one', async () => {
    const opened = await openAnalysis(board);
    const answers = await Promise.all(REPORT_NAMES.map(async name => [name, await opened.run(name)] as const));
    expect(await opened.report()).toEqual(Object.fromEntries(answers));
    expect(await opened.report()).toEqual(Object.fromEntries(answers));
    await opened.close();
  });

  it('an empty log: every view binds, nothing divides by zero', async () => {
    const folder = join(tempDir(), 'empty');
    const { board: empty } = await openTimedBoard();
    await exportLog(empty, { to: folder });
    const opened = await openAnalysis(folder);
    const report = await opened.report();
    expect(report.time_split).toMatchObject({ available: true, rows: [{ finished_tasks: 0, flow_efficiency: null }] });
    expect(report.dwell_by_status).toEqual({ available: true, rows: [] });
    expect(report.sleep_study.available).toBe(false);
    await opened.close();
    await empty.close();
  });
});
