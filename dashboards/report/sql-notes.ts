import type { AnalysisName } from '../../analysis/index.ts';

/** What an analysis's file says of itself, and the file. */
export interface SqlNotes {
  readonly analysis: AnalysisName;
  readonly question: string;
  /** How it is computed. */
  readonly formula: string;
  readonly sql: string;
}

/** The words after `-- Name:` in the head of a file, with the lines indented below it. */
function headLine(sql: string, name: string): string {
  const found = new RegExp(`^-- ${name}: (.*(?:\\n-- {2,}.*)*)`, 'm').exec(sql)?.[1] ?? '';
  return found.replaceAll(/\n-- +/g, ' ').trim();
}

/** A sentence as it begins. */
function sentence(text: string): string {
  return text === '' ? '' : `${text[0]?.toUpperCase()}${text.slice(1)}`;
}

/** Reads the head of an analysis's file, which is where its definition stands once and for all. */
export function sqlNotes(analysis: AnalysisName, sql: string): SqlNotes {
  return {
    analysis,
    question: sentence(headLine(sql, 'Question')),
    formula: headLine(sql, 'Formula'),
    sql: sql.trimEnd(),
  };
}
