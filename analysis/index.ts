/** What a log means: the analyses of docs/analysis.md, over a board or an exported log, on DuckDB. */
export type * from './analyses.ts';
export { ANALYSIS_NAMES, REPORT_NAMES } from './analyses.ts';
export {
  type ComparedMeasure,
  type CompareOptions,
  type Comparison,
  compare,
  type Verdict,
} from './compare/compare.ts';
export { MEASURE_NAMES, type MeasureName } from './compare/measures.ts';
export type { CompareWindow } from './compare/units.ts';
export { ExportedLog, type ExportedLogOptions, openExportedLog } from './exported-log.ts';
export type { LoadProgress } from './load-tables.ts';
export {
  Analysis,
  type AnalysisOptions,
  openAnalysis,
  type SqlAnswer,
  type SqlParameter,
  type SqlParameters,
  type SqlRow,
} from './open-analysis.ts';
export type { AnalysisSettings, ModelPrice } from './settings.ts';
