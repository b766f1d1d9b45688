import type { Analysis, AnalysisName, AnalysisRows } from '../../analysis/index.ts';

/** The rows of an analysis that this log can answer. */
export async function rowsOf<Name extends AnalysisName>(
  analysis: Analysis,
  name: Name,
): Promise<readonly AnalysisRows[Name][]> {
  const result = await analysis.run(name);
  if (!result.available) throw new Error(`${name}: ${result.reason}`);
  return result.rows;
}
