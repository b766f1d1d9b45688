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
export type { Finding, FindingCode } from './findings/finding.ts';
export { findings } from './findings/findings.ts';
export type { LoadOptions, LoadProgress } from './load-progress.ts';
export {
  Analysis,
  type AnalysisOptions,
  type AnalysisSource,
  type AskOptions,
  openAnalysis,
  type ReportOptions,
  type ReportProgress,
  type SqlAnswer,
  type SqlParameter,
  type SqlParameters,
  type SqlRow,
} from './open-analysis.ts';
export type { AnalysisSettings, ModelPrice } from './settings.ts';
export { type ExportableSql, type SqlFile, sqlFiles } from './sql-files.ts';
