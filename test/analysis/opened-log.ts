import { afterAll, beforeAll } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';

/** A board of a test's own, open while its `describe` runs, and its analysis. */
export interface OpenedLog {
  readonly board: Board;
  readonly analysis: Analysis;
}

/** Opens a log before the tests of a `describe`, and closes it after them; its fields are there once they run. */
export function openedLog(open: () => Promise<Board>): OpenedLog {
  const opened: Partial<{ board: Board; analysis: Analysis }> = {};
  beforeAll(async () => {
    opened.board = await open();
    opened.analysis = await openAnalysis(opened.board);
  });
  afterAll(async () => {
    await opened.analysis?.close();
    await opened.board?.close();
  });
  return opened as OpenedLog;
}
