import { type QuadroError, quadroErrorOf } from '../../board/core/errors.ts';
import type { ExporterMeter } from '../prometheus/process-meters.ts';
import type { ExportProgress } from './export-options.ts';

/** Whoever is told how a tracing gets on. */
export interface Watchers {
  onProgress(progress: ExportProgress): void;
  onError(error: QuadroError, retryInMs: number | null): void;
  readonly meter: ExporterMeter;
}

/** What a caller gives of them; its functions may be anything, asynchronous ones too. */
interface GivenWatchers {
  readonly onProgress?: (progress: ExportProgress) => unknown;
  readonly onError?: (error: QuadroError, retryInMs: number | null) => unknown;
  readonly meter?: ExporterMeter;
}

/** The caller's watchers, whose own failures end in a warning: whoever hears of an export can break neither it nor the board. */
export function guardedWatchers({ onProgress = refusalWarner(), onError = warn, meter }: GivenWatchers): Watchers {
  return {
    onProgress: progress => guarded(() => onProgress(progress)),
    onError: (error, retryInMs) => guarded(() => onError(error, retryInMs)),
    meter: {
      position: (sequenceId, lagEvents) => guarded(() => meter?.position(sequenceId, lagEvents)),
      spans: (result, count) => guarded(() => meter?.spans(result, count)),
    },
  };
}

function guarded(tell: () => unknown): void {
  try {
    const told = tell();
    if (told instanceof Promise) told.catch(warnOfWatcher);
  } catch (error) {
    warnOfWatcher(error);
  }
}

function warn(error: QuadroError): void {
  process.emitWarning(`Spans are not being sent: ${error.message}`, { code: error.code });
}

/** Says once that a receiver refuses spans: nobody else looks at the counts where no `onProgress` is given. */
function refusalWarner(): (progress: ExportProgress) => void {
  let hasWarned = false;
  return ({ rejected, rejected_message, dead_lettered }) => {
    if (hasWarned || rejected + dead_lettered === 0) return;
    hasWarned = true;
    const said = rejected_message === null ? '' : ` (${rejected_message})`;
    const [what, after] = rejected > 0 ? ['rejects', said] : ['refuses', ', which are set aside'];
    process.emitWarning(`The receiver ${what} spans${after}; onProgress and the metrics count them`);
  };
}

function warnOfWatcher(error: unknown): void {
  process.emitWarning(`A watcher of the tracing threw: ${quadroErrorOf(error).message}`);
}
