import { readFile } from 'node:fs/promises';
import { isTableName, type TableName } from '../board/core/tables.ts';
import { ANALYSIS_NAMES, type AnalysisName } from './analyses.ts';

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
  'views-wait-totals',
  'views-wait-splits',
  'views-dispatch',
];

/** The text of a file in `analysis/sql`. */
export function readSql(name: string): Promise<string> {
  return readFile(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
}

/**
 * The statements that make the views, in the order in which they are to run: as they are read off the log, or, to keep what
 * they stand on, with each part of `materialize.sql` right after the file it names.
 */
export async function viewStatements(keeping: boolean): Promise<readonly string[]> {
  const views = await Promise.all(VIEW_FILES.map(readSql));
  if (!keeping) return views;
  const [begin = '', ...parts] = (await readSql('materialize')).split(/^-- After (\S+)\.sql$/m);
  const kept = new Map(Array.from({ length: parts.length / 2 }, (_, at) => [parts[2 * at], parts[2 * at + 1]]));
  return [begin, ...views.flatMap((sql, at) => [sql, kept.get(VIEW_FILES[at]) ?? []].flat())];
}

/** An analysis's file, which runs as it is in the plain DuckDB shell after the files of views. */
export async function sqlFileOf(name: AnalysisName): Promise<SqlFile> {
  const sql = await readSql(name.replaceAll('_', '-'));
  const needs = /^-- Needs: (.+)$/m.exec(sql)?.[1] ?? '';
  return { sql, needs: needs.split(', ').filter(isTableName) };
}

/** A file of SQL as it is written beside an export. */
export interface ExportableSql extends SqlFile {
  /** Without its ending. */
  readonly name: string;
  /** Whether it makes views that the others stand on. */
  readonly isViews: boolean;
}

/**
 * The files of all views and analyses, to be written beside an export.
 *
 * @example await exportLog(board, { to: 'log', withSql: { to: 'sql', files: await sqlFiles() } });
 */
export async function sqlFiles(): Promise<readonly ExportableSql[]> {
  const views = VIEW_FILES.map(async name => ({ name, sql: await readSql(name), needs: [], isViews: true }));
  const analyses = ANALYSIS_NAMES.map(async analysis => {
    return { name: analysis.replaceAll('_', '-'), ...(await sqlFileOf(analysis)), isViews: false };
  });
  const materialize = {
    name: 'materialize',
    sql: await readSql('materialize'),
    needs: ['events' as const],
    isViews: false,
  };
  return [...(await Promise.all([...views, ...analyses])), materialize];
}
