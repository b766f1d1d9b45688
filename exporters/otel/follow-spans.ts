import { LOG_START, type StoredLog } from '../feed/index.ts';
import type { ExportSummary } from './export-options.ts';
import { type KeepExportingOptions, keepExporting } from './keep-exporting.ts';
import { isFinal } from './restarting.ts';
import { guardedWatchers } from './watchers.ts';

/** What to send, where to, and how it goes on after a failure. */
export type FollowOptions = KeepExportingOptions;

/**
 * Sends a log's spans until `signal` aborts, and outlives whatever it needs: where the database or the receiver fails, it
 * says so (`onError`, and `waiting` of `onProgress`) and goes on from its place `restartMs` later, for as long as it takes.
 * Its place is kept with the board where no `cursorStore` is given.
 *
 * @throws QuadroError what would be the same at every further try: `cursor_beyond_log`, `invalid_configuration`,
 * `missing_package`, `closed`; and the last failure where it was stopped before it ever began.
 * @example await followSpans(board, { url: 'http://localhost:4318', signal }) // { spans: 1200, rejected: 0, … }
 */
export async function followSpans(source: StoredLog, options: FollowOptions = {}): Promise<ExportSummary> {
  const watched = { ...options, ...guardedWatchers(options) };
  const { error, cursor, ...counts } = await keepExporting(() => Promise.resolve(source), watched);
  if (error !== null && (isFinal(error) || cursor === null)) throw error;
  return { ...counts, cursor: cursor ?? LOG_START };
}
