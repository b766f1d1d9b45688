import type { LogSource } from '../../board/log-source.ts';
import type { ExportOptions, ExportSummary } from './export-options.ts';
import { exportSpans } from './export-spans.ts';

/**
 * Writes a board's spans, from `from` to the log's end, into a file: one OTLP JSON request `{"resourceSpans":[…]}` a line.
 * The same log gives the same file within a version and a `batchSize`.
 *
 * @throws QuadroError `storage_failed` where the file cannot be written; an older file of that name is then untouched.
 */
export function writeSpans(
  source: LogSource,
  path: string,
  options: Omit<ExportOptions, 'url' | 'exporter' | 'file' | 'follow' | 'cursorStore'> = {},
): Promise<ExportSummary> {
  return exportSpans(source, { ...options, file: path, follow: false });
}
