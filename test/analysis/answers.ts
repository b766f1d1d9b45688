import { ANALYSIS_NAMES, type Analysis, type SqlRow } from '../../analysis/index.ts';
import { TABLE_NAMES } from '../../board/core/tables.ts';

/** Everything an open log says: the rows of every table in one order, and of every analysis as it gives them. */
export async function answersOf(analysis: Analysis): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = { ...(await analysis.report()) };
  for (const name of ANALYSIS_NAMES) answers[name] ??= await analysis.run(name);
  return { ...answers, ...(await tablesOf(analysis)) };
}

/** The rows of every table that is there, in one order. */
export async function tablesOf(analysis: Analysis): Promise<Record<string, readonly SqlRow[]>> {
  const tables: Record<string, readonly SqlRow[]> = {};
  for (const table of TABLE_NAMES.filter(each => !analysis.absentTables.has(each))) {
    tables[`table ${table}`] = await analysis.sql(`FROM ${table} ORDER BY ALL`);
  }
  return tables;
}
