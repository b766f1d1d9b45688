import { readFile } from 'node:fs/promises';
import { isTableName, type TableName } from '../board/core/tables.ts';
import type { AnalysisName } from './analyses.ts';

/** An analysis as it stands in its file. */
export interface SqlFile {
  readonly sql: string;
  /** The tables it cannot do without, from the line `-- Needs:` of its head. */
  readonly needs: readonly TableName[];
}

/** The files of views that the analyses stand on, in the order in which they are loaded. */
export const VIEW_FILES: readonly string[] = [
  'base-views',
  'views-log',
  'views-cost',
  'views-flow',
  'views-chief',
  'views-attempts',
  'views-coordination',
  'views-wait-splits',
  'views-dispatch',
];

/** The text of a file in `analysis/sql`. */
export function readSql(name: string): Promise<string> {
  return readFile(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
}

/** An analysis's file, which runs as it is in the plain DuckDB shell after the files of views. */
export async function sqlFileOf(name: AnalysisName): Promise<SqlFile> {
  const sql = await readSql(name.replaceAll('_', '-'));
  const needs = /^-- Needs: (.+)$/m.exec(sql)?.[1] ?? '';
  return { sql, needs: needs.split(', ').filter(isTableName) };
}
