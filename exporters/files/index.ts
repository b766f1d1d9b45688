/** A board's log as files: Parquet, NDJSON or CSV, one a table, or XES or OCEL for other programs (docs/analysis.md, Exports). */
export { TABLE_FORMATS, type TableFormat } from '../../board/duckdb.ts';
export { type ExportedFile, type ExportOptions, type ExportProgress, exportLog } from './export-log.ts';
export type { SqlExport, SqlText } from './write-sql.ts';
