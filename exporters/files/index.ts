/** A board's log as files: Parquet, NDJSON or CSV, one a table (docs/analysis.md, Exports). */
export { TABLE_FORMATS, type TableFormat } from '../../board/duckdb.ts';
export { type ExportedFile, type ExportOptions, type ExportProgress, exportLog } from './export-log.ts';
