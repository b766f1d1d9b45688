import { type AnalysisName, REPORT_NAMES, type Report } from '../../analysis/index.ts';
import { readSql } from '../../analysis/sql-files.ts';
import { type SqlNotes, sqlNotes } from './sql-notes.ts';

/** Something that stands out, in a sentence, and the analysis that shows it. */
export interface ReportFinding {
  readonly severity: 'fault' | 'notice';
  readonly sentence: string;
  readonly analysis: AnalysisName;
}

/** All that a page is made of. */
export interface ReportData {
  /** What the log is called, such as the name of its file. */
  readonly name: string;
  readonly report: Report;
  readonly findings: readonly ReportFinding[];
  readonly notes: ReadonlyMap<AnalysisName, SqlNotes>;
  /** The SQL that every analysis stands on. */
  readonly views: string;
}

/** The words and the SQL of every analysis of a report. */
export async function readNotes(): Promise<ReadonlyMap<AnalysisName, SqlNotes>> {
  const notes = REPORT_NAMES.map(async (name): Promise<[AnalysisName, SqlNotes]> => {
    return [name, sqlNotes(name, await readSql(name.replaceAll('_', '-')))];
  });
  return new Map(await Promise.all(notes));
}
