import type { ExporterMeter } from '../../prometheus/process-meters.ts';
import type { ExportProgress } from '../export-options.ts';
import type { News } from './messages.ts';

/** How often another thread is told, however many batches are sent: it has better things to do. */
const TELL_EVERY_MS = 250;

/** Gathers what an exporter tells. */
export interface NewsTeller {
  onProgress(progress: ExportProgress): void;
  readonly meter: ExporterMeter;
  /** Tells what is not told yet. */
  flush(): void;
}

/** Tells of an export a few times a second at most; what came last is always told. */
export function newsTeller(tell: (news: News) => void): NewsTeller {
  let progress: News['progress'] = null;
  let position: News['position'] = null;
  let spans = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let lastTold = Number.NEGATIVE_INFINITY;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (progress === null && position === null && spans.size === 0) return;
    lastTold = performance.now();
    tell({ progress, position, spans });
    [progress, position, spans] = [null, null, new Map()];
  };
  // A batch is told in several pieces, so never at once.
  const gathered = (): void => {
    timer ??= setTimeout(flush, Math.max(0, lastTold + TELL_EVERY_MS - performance.now()));
  };
  return {
    onProgress(latest) {
      progress = latest;
      gathered();
    },
    meter: {
      position(...latest) {
        position = latest;
        gathered();
      },
      spans(result, count) {
        spans.set(result, (spans.get(result) ?? 0) + count);
        gathered();
      },
    },
    flush,
  };
}
