import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { CursorStore } from '../../feed/index.ts';
import type { ExportProgress } from '../export-options.ts';
import type { TracingSummary } from '../restarting.ts';
import { notEnded, type Stops } from '../stops.ts';
import type { Watchers } from '../watchers.ts';
import type { FromThread, ToThread } from './messages.ts';
import { answerOf } from './remote-store.ts';
import { threadFailure } from './thread-failure.ts';
import { errorOfTold, toldError } from './told-error.ts';
import type { ThreadOrder } from './trace-worker.ts';

/** A thread to be run, and who hears of it. */
export interface ThreadRun {
  readonly order: ThreadOrder;
  readonly env: NodeJS.ProcessEnv;
  readonly cursorStore: CursorStore | undefined;
  readonly watchers: Watchers;
  readonly onProgress: (progress: ExportProgress) => void;
  readonly stops: Stops;
}

/**
 * Runs an exporter in a thread of its own until it ends.
 *
 * @throws QuadroError where the thread ended without having ended the export; `invalid_configuration` where it can never be
 * started.
 */
export function runThread(run: ThreadRun): Promise<TracingSummary> {
  return new Promise((resolve, reject) => {
    const { drain, signal, abandon } = run.stops;
    const worker = startedWorker(run);
    let summary: TracingSummary | null = null;
    let crash: unknown = null;
    const endWith = (reason: unknown): void => {
      crash ??= reason;
      void worker.terminate();
    };
    const tell = (message: ToThread): void => worker.postMessage(message);
    const releases = [
      onAbort(drain, () => tell({ kind: 'drain' })),
      onAbort(signal, () => tell({ kind: 'cut_off' })),
      onAbort(abandon, () => endWith(notEnded())),
    ];
    worker.on('message', (message: FromThread) => {
      if (message.kind !== 'done') {
        hear(message, run, tell);
        return;
      }
      const { error, ...counts } = message.summary;
      summary = { ...counts, error: error && errorOfTold(error) };
      // Nothing is left to do in it, but something may keep it alive.
      void worker.terminate();
    });
    worker.on('messageerror', endWith);
    worker.on('error', error => {
      crash ??= error;
    });
    worker.on('exit', code => {
      for (const release of releases) release();
      if (summary === null) reject(threadFailure(crash ?? new Error(`exit code ${code}`)));
      else resolve(summary);
    });
  });
}

/**
 * Room for what is young: a third of what V8 takes by itself costs no time, and is 100 MB less in the board's process. None for the
 * rest: near a limit of its own a thread can take the whole process with it (V8 gives up where one step of native code allocates
 * more than what is left), and the process's limit is bounded already.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 48 } as const;

function startedWorker({ order, env }: ThreadRun): Worker {
  // Beside this file, in the sources and in what is built from them.
  const entry = import.meta.url.endsWith('.ts') ? './trace-worker.ts' : './trace-worker.js';
  // A program given as text has options that say so, and that no file can be run with.
  const isText = process.execArgv.some(each => each.startsWith('--input-type'));
  const options: WorkerOptions = {
    name: 'quadro-spans',
    workerData: order,
    env,
    resourceLimits: RESOURCE_LIMITS,
    ...(isText && { execArgv: [] }),
  };
  try {
    return new Worker(new URL(entry, import.meta.url), options);
  } catch (error) {
    throw threadFailure(error);
  }
}

function hear(message: Exclude<FromThread, { kind: 'done' }>, run: ThreadRun, tell: (message: ToThread) => void): void {
  const { watchers, onProgress, cursorStore } = run;
  if (message.kind === 'failure') {
    watchers.onError(errorOfTold(message.error), message.retryInMs);
  } else if (message.kind === 'news') {
    if (message.progress !== null) onProgress(message.progress);
    for (const [result, count] of message.spans) watchers.meter.spans(result, count);
    if (message.position !== null) watchers.meter.position(...message.position);
  } else if (cursorStore !== undefined) {
    const { call } = message;
    void answerOf(cursorStore, call).then(answer => {
      try {
        tell(answer);
      } catch (error) {
        tell({ kind: 'refusal', id: call.id, error: toldError(error) });
      }
    });
  }
}

/** Calls back when a signal aborts, or at once where it has; answers how to stop. */
function onAbort(signal: AbortSignal, listener: () => void): () => void {
  signal.addEventListener('abort', listener, { once: true });
  if (signal.aborted) listener();
  return () => signal.removeEventListener('abort', listener);
}
