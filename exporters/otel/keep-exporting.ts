import { quadroErrorOf } from '../../board/core/errors.ts';
import type { Cursor } from '../../board/core/records.ts';
import { defaultCursorStore, type StoredLog } from '../feed/index.ts';
import { defaultDeadLetterFile } from './default-dead-letter-file.ts';
import { destinationOf } from './destination.ts';
import type { ExportOptions } from './export-options.ts';
import { exportTo, sinkOf } from './export-spans.ts';
import { type RestartOptions, type Run, restarting, type TracingSummary } from './restarting.ts';
import type { SpanSink } from './sink.ts';
import { unlessAbandoned } from './stops.ts';

/** What to send while it runs, where to, and how it goes on after a failure. */
export interface KeepExportingOptions
  extends Omit<ExportOptions, 'file' | 'follow' | 'onProgress' | 'signal' | 'drain'>,
    RestartOptions {}

/**
 * Follows a log and sends its spans, and begins again where it fails. Its place, and the spans that the receiver refuses for
 * themselves, are kept with the board where the options do not say where. Never rejects.
 *
 * @param openSource Asked for the log before every run; it may fail, as one that is away does.
 * @param abandon Once it aborts, whatever still runs is left behind.
 */
export async function keepExporting(
  openSource: () => Promise<StoredLog>,
  options: KeepExportingOptions,
  abandon?: AbortSignal,
): Promise<TracingSummary> {
  let sink: SpanSink | undefined;
  const run: Run = async (place, onProgress) => {
    sink ??= sinkOf({ ...options, follow: true });
    const source = await openSource();
    const kept = await keptWith(source, options);
    const from = beginning(options.from, place, kept.cursorStore !== undefined);
    return exportTo(sink, source, {
      ...options,
      ...kept,
      ...(from !== undefined && { from }),
      follow: true,
      onProgress,
    });
  };
  const summary = await restarting((...told) => unlessAbandoned(run(...told), abandon), options);
  if (sink !== undefined) await closed(sink, abandon, options);
  return summary;
}

/** Where a further run begins; undefined leaves it to the store, in which another exporter may have moved the place on. */
export function beginning(
  from: Cursor | number | undefined,
  place: Cursor | null,
  hasStore: boolean,
): Cursor | number | undefined {
  // What a store holds may be past a `from` that was asked for, and past what has been sent since.
  return from === undefined && hasStore ? undefined : (place ?? from);
}

async function closed(sink: SpanSink, abandon: AbortSignal | undefined, { onError }: RestartOptions): Promise<void> {
  const isTold = abandon?.aborted === true;
  await unlessAbandoned(sink.close(), abandon).catch(error => isTold || onError?.(quadroErrorOf(error), null));
}

/** Where the place and the dead letters are kept: where the options say, else with the board. */
async function keptWith(
  source: StoredLog,
  options: ExportOptions,
): Promise<Pick<ExportOptions, 'cursorStore' | 'deadLetterFile'>> {
  let { cursorStore = null, deadLetterFile = null } = options;
  if (source.backend !== undefined && (cursorStore === null || deadLetterFile === null)) {
    const board = await source.board();
    const destination = destinationOf(options);
    cursorStore ??= defaultCursorStore(source.backend, board, destination);
    deadLetterFile ??= defaultDeadLetterFile(source.backend, board, destination);
  }
  return { ...(cursorStore && { cursorStore }), ...(deadLetterFile !== null && { deadLetterFile }) };
}
