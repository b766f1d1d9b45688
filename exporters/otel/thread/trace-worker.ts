/** A thread that sends the spans of a board: started by `runThread`, told of the board by `workerData`. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Backend, Reopening } from '../../../board/backends/backend.ts';
import type { Board } from '../../../board/board.ts';
import { ConfigurationError } from '../../../board/core/errors.ts';
import { openBoard } from '../../../board/open-board.ts';
import { type KeepExportingOptions, keepExporting } from '../keep-exporting.ts';
import type { TracingSummary } from '../restarting.ts';
import type { FromThread, ToThread } from './messages.ts';
import { newsTeller } from './news-teller.ts';
import { remoteStore } from './remote-store.ts';
import { toldError } from './told-error.ts';
import { yieldToBoard } from './yield-to-board.ts';

/** What the thread is to do; all of it is plain data. */
export interface ThreadOrder {
  readonly reopening: Reopening;
  readonly boardId: string;
  readonly options: KeepExportingOptions;
  /** What stays with the caller, and is reached by messages; null where the caller gives none. */
  readonly cursorStore: { readonly hasLease: boolean } | null;
}

/** A backend's module that is bundled with a program, say, is no module that others can load. */
function refuse(module: string, cause: Error): never {
  throw new ConfigurationError(
    'invalid_configuration',
    `The tracing's thread cannot open the board by ${module} (${cause.message}): give thread: false`,
    { cause },
  );
}

async function open({ reopening, boardId }: ThreadOrder): Promise<Board> {
  const { module, factory, options } = reopening;
  const exported: Readonly<Record<string, unknown>> = await import(module).catch(error => refuse(module, error));
  const make = exported[factory];
  if (typeof make !== 'function') return refuse(module, new Error(`it exports no function ${factory}`));
  const backend: Backend = make({ ...options, readOnly: true });
  return openBoard({ backend, boardId, readOnly: true });
}

/** Opens the board when it is first asked for, and again where that failed. */
function opener(order: ThreadOrder): { board(): Promise<Board>; close(): Promise<void> } {
  let board: Board | null = null;
  return {
    async board() {
      board ??= await open(order);
      return board;
    },
    async close() {
      await board?.close();
    },
  };
}

async function trace(order: ThreadOrder, port: MessagePort): Promise<TracingSummary> {
  const tell = (message: FromThread): void => port.postMessage(message);
  const [drain, cutOff] = [new AbortController(), new AbortController()];
  const remote = remoteStore(call => tell({ kind: 'call', call }), order.cursorStore?.hasLease === true);
  const news = newsTeller(each => tell({ kind: 'news', ...each }));
  port.on('message', (message: ToThread) => {
    if (message.kind === 'drain') drain.abort();
    else if (message.kind === 'cut_off') cutOff.abort();
    else remote.settle(message);
  });
  const log = opener(order);
  const summary = await keepExporting(() => log.board(), {
    ...order.options,
    ...(order.cursorStore && { cursorStore: remote.store }),
    drain: drain.signal,
    signal: cutOff.signal,
    onProgress: progress => news.onProgress(progress),
    meter: news.meter,
    onError(error, retryInMs) {
      news.flush();
      tell({ kind: 'failure', error: toldError(error), retryInMs });
    },
  });
  // Everything is sent and noted; how a reader's connection ends matters to nobody.
  await log.close().catch(() => undefined);
  news.flush();
  return summary;
}

if (parentPort === null) throw new Error('trace-worker is the entry of a thread, not of a process');
await yieldToBoard();
const { error, ...summary } = await trace(workerData as ThreadOrder, parentPort);
const done: FromThread = { kind: 'done', summary: { ...summary, error: error && toldError(error) } };
parentPort.postMessage(done);
