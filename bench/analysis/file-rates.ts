import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openAnalysis, openExportedLog } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { quoteLiteral } from '../../board/duckdb.ts';
import { importLog } from '../../board/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import type { Figures } from '../harness.ts';

/** Rows of the CSV file that is imported. */
const CSV_ROWS = 100_000;

const EXPORTS = ['parquet', 'ndjson', 'csv', 'xes', 'ocel.json'] as const;

async function perSecond(rows: number, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (rows * 1000) / (performance.now() - startedAt);
}

/** A file as other programs write them: the log's transitions with four columns. */
async function writeCsv(log: string, to: string): Promise<number> {
  const analysis = await openAnalysis(log);
  try {
    const select = `SELECT task_id AS case_id, to_status AS activity, "timestamp" AS at, assigned_to AS who
      FROM transitions ORDER BY sequence_id LIMIT ${CSV_ROWS}`;
    const [copied] = await analysis.sql(`COPY (${select}) TO ${quoteLiteral(to)} (FORMAT csv, HEADER)`);
    return Number(copied?.Count);
  } finally {
    await analysis.close();
  }
}

/** How many events a second go from an exported log to each kind of file, and from a CSV file to a board in SQLite. */
export async function measureFiles(log: string, scratch: string, figures: Figures): Promise<void> {
  const source = await openExportedLog(log);
  try {
    const { next_sequence_id } = await source.board();
    for (const ending of EXPORTS) {
      const to = join(scratch, `events.${ending}`);
      const rate = await perSecond(next_sequence_id - 1, () => exportLog(source, { to }));
      figures.add(`export_${ending.replace('.', '_')}`, 'events/s', rate);
      figures.add(`size_${ending.replace('.', '_')}`, 'MiB', (await stat(to)).size / 2 ** 20);
      await rm(to);
    }
  } finally {
    await source.close();
  }
  const csv = join(scratch, 'transitions.csv');
  const rows = await writeCsv(log, csv);
  const into = sqlite({ file: join(scratch, 'imported.db') });
  const columns = { task_id: 'case_id', status: 'activity', timestamp: 'at', agent_id: 'who' };
  figures.add('import_csv', 'events/s', await perSecond(rows, () => importLog(csv, { into, map: columns })));
  await into.close();
}
