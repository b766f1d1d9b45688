import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as duckdb from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowReader } from '../../analysis/duckdb-values.ts';
import {
  ANALYSIS_NAMES,
  type AnalysisResult,
  type AnalysisSource,
  openAnalysis,
  sqlFiles,
} from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { quoteLiteral } from '../../board/duckdb.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { openSmallLog } from '../analysis/small-log.ts';
import { tempDir } from '../support/temp.ts';

/** DuckDB as anybody has it, started in a folder. */
async function plainDuckDb(folder: string): Promise<{ read(file: string): Promise<unknown[]>; close(): void }> {
  const instance = await duckdb.DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`SET file_search_path = ${quoteLiteral(folder)}`);
  return {
    async read(file) {
      const reader = await connection.runAndReadAll(await readFile(join(folder, file), 'utf8'));
      return rowReader(duckdb, reader, 'iso')(reader.getRows());
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

const fileOf = (analysis: string): string => `${analysis.replaceAll('_', '-')}.sql`;

describe('SQL beside an export', () => {
  let board: Board;
  /** What the board answers. */
  let expected: ReadonlyMap<string, AnalysisResult<unknown>>;
  beforeAll(async () => {
    board = await openSmallLog();
    expected = await answersOf(board);
  });
  afterAll(() => board.close());

  async function answersOf(source: AnalysisSource): Promise<ReadonlyMap<string, AnalysisResult<unknown>>> {
    const analysis = await openAnalysis(source);
    const answers = new Map<string, AnalysisResult<unknown>>(Object.entries(await analysis.report()));
    for (const name of ANALYSIS_NAMES) if (!answers.has(name)) answers.set(name, await analysis.run(name));
    await analysis.close();
    return answers;
  }

  it.each(['parquet', 'ndjson', 'csv'] as const)('opens %s, and each file gives what Quadro gives', async format => {
    const folder = join(tempDir(), "it's [a] folder");
    const [to, sql] = [join(folder, 'log'), join(folder, 'sql')];
    await exportLog(board, { to, format, withSql: { to: sql, files: await sqlFiles() } });
    expect((await readdir(sql)).toSorted()).toEqual(
      ['materialize.sql', 'open.sql', ...ANALYSIS_NAMES.map(fileOf)].toSorted(),
    );
    // Both may be moved, as long as they are side by side.
    await mkdir(`${folder} moved`);
    for (const name of ['log', 'sql']) await rename(join(folder, name), join(`${folder} moved`, name));
    const db = await plainDuckDb(join(`${folder} moved`, 'sql'));
    await db.read('open.sql');
    if (format !== 'parquet') await db.read('materialize.sql');
    for (const [name, answer] of expected) {
      if (answer.available) expect(await db.read(fileOf(name)), name).toEqual(answer.rows);
    }
    db.close();
  });

  it('of events alone has the analyses that these can answer, and names the others', async () => {
    const folder = tempDir();
    await exportLog(board, { to: join(folder, 'e.ndjson'), withSql: { to: folder, files: await sqlFiles() } });
    const ofEvents = await answersOf(join(folder, 'e.ndjson'));
    const db = await plainDuckDb(folder);
    const opening = await readFile(join(folder, 'open.sql'), 'utf8');
    await db.read('open.sql');
    for (const [name, answer] of ofEvents) {
      const isWritten = (await readdir(folder)).includes(fileOf(name));
      expect(isWritten, name).toBe(answer.available);
      if (answer.available) expect(await db.read(fileOf(name)), name).toEqual(answer.rows);
      else
        expect(opening).toMatch(new RegExp(`left out, since they need these: .*${fileOf(name).replace('.sql', '')}`));
    }
    expect(opening).toContain('-- Not exported, and without rows here: tasks, agents');
    db.close();
  });

  it('stopped half-way, nothing of it is there', async () => {
    const folder = tempDir();
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('enough'));
    const withSql = { to: join(folder, 'sql'), files: await sqlFiles() };
    const stopped = exportLog(board, { to: join(folder, 'log'), withSql, signal: stop.signal, onProgress });
    await expect(stopped).rejects.toThrow('enough');
    expect((await readdir(folder, { recursive: true })).filter(name => name.includes('.'))).toEqual([]);
    const refused = exportLog(board, { to: join(folder, 'log.xes'), withSql });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});
