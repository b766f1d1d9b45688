import { setTimeout as sleep } from 'node:timers/promises';
import type { Board } from '../../../board/index.ts';
import { work } from '../worked-board.ts';

/** Between two rounds of work, so that the log stays of a size for a test. */
const REST_MS = 250;

/** Somebody who writes on a board without end. */
export interface Writer {
  /** Rounds of ten tasks whose every write was answered. */
  readonly rounds: number;
  /** Resolves after the round that runs; rejects where a write failed. */
  stop(): Promise<void>;
}

/** Works on a board, round after round: tasks `c0-0` to `c0-9`, `c1-0` …. */
export function writeOn(board: Board): Writer {
  const stop = new AbortController();
  let rounds = 0;
  const writing = (async () => {
    for (; !stop.signal.aborted; rounds++) {
      await work(board, 10, `c${rounds}-`);
      await sleep(REST_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  writing.catch(() => undefined);
  return {
    get rounds() {
      return rounds;
    },
    async stop() {
      stop.abort();
      await writing;
    },
  };
}
