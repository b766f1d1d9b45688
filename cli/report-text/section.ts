import type { AnalysisResult } from '../../analysis/index.ts';
import { table } from '../output.ts';

/** A column of a printed analysis: its head, and the cell of a row. */
export type Column<Row> = readonly [head: string, cell: (row: Row) => unknown];

/** One analysis as text: its title, and its rows, or why there are none. */
export function section<Row>(title: string, result: AnalysisResult<Row>, columns: readonly Column<Row>[]): string {
  const head = `\n${title}\n`;
  if (!result.available) return `${head}  ${result.reason}`;
  if (result.rows.length === 0) return `${head}  none`;
  const rows = result.rows.map(row => columns.map(([, cell]) => cell(row)));
  return (
    head +
    table(
      columns.map(([name]) => name),
      rows,
    )
  );
}

/** Rows of a long analysis that a terminal shows. */
const TOP = 10;

/** The first rows of an analysis. */
export function top<Row>(result: AnalysisResult<Row>, most: number = TOP): AnalysisResult<Row> {
  return result.available ? { ...result, rows: result.rows.slice(0, most) } : result;
}

/** Some rows of an analysis. */
export function where<Row>(result: AnalysisResult<Row>, isWanted: (row: Row) => boolean): AnalysisResult<Row> {
  return result.available ? { ...result, rows: result.rows.filter(isWanted) } : result;
}

/** Shown only where there is something to show: an empty table of a rare thing is noise. */
export function unlessEmpty<Row>(
  title: string,
  result: AnalysisResult<Row>,
  columns: readonly Column<Row>[],
): string[] {
  return result.available && result.rows.length > 0 ? [section(title, result, columns)] : [];
}
