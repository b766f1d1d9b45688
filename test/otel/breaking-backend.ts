import { existsSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { Backend, Reopening } from '../../board/backends/backend.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';

/** What happens to a thread in the middle of its reading. */
export type Break = 'exit' | 'throw' | 'reject' | 'hang';

/** A SQLite board, and how it breaks the thread that reads it. */
export interface BreakingOptions {
  readonly file: string;
  readonly readOnly?: boolean;
  readonly how: Break;
  /** Pages of events that are read before. */
  readonly afterPages: number;
  /** A file that says it has happened, and in which kind of thread: it happens once. */
  readonly note: string;
}

/** A backend of a caller's own module, as a tracing's thread opens it. */
export function breaking({ file, readOnly = false, how, afterPages, note }: BreakingOptions): Backend {
  const backend = sqlite({ file, readOnly });
  const readEvents = backend.readEvents.bind(backend);
  let pages = 0;
  return Object.assign(backend, {
    readEvents(query: Parameters<Backend['readEvents']>[0]) {
      pages += 1;
      if (pages > afterPages && !existsSync(note)) {
        writeFileSync(note, JSON.stringify({ isMainThread }));
        breakThread(how);
      }
      return readEvents(query);
    },
  });
}

function breakThread(how: Break): void {
  if (how === 'exit') process.exit(7);
  if (how === 'throw') {
    setImmediate(() => {
      throw new Error('broken in the middle');
    });
  }
  if (how === 'reject') void Promise.reject(new Error('broken in the middle'));
  while (how === 'hang');
}

/** A backend that a thread opens again in some other way than this thread has. */
export function reopenedBy(backend: Backend, reopening: Reopening): Backend {
  return Object.defineProperty(backend, 'reopening', { value: reopening });
}

/** A SQLite board that works here, and breaks the thread which reads it. */
export function breakingElsewhere(options: BreakingOptions): Backend {
  const { file } = options;
  return reopenedBy(sqlite({ file }), { module: import.meta.url, factory: 'breaking', options: { ...options } });
}
