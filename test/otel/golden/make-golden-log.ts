import { join } from 'node:path';
import { sqlite } from '../../../board/backends/sqlite/index.ts';
import type { Board } from '../../../board/board.ts';
import type { BoardOptions } from '../../../board/board-options.ts';
import { newBoard } from '../../../board/core/new-board.ts';
import { NO_CHANGES } from '../../../board/core/transaction.ts';
import { importReference } from '../../../board/import/reference.ts';
import { openBoard } from '../../../board/index.ts';
import { exportLog } from '../../../exporters/files/index.ts';
import { annex } from './annex.ts';
import { carriedOn, IMPORTED_LINES, IMPORTED_ROWS } from './imported-board.ts';
import { PRESS_LIFECYCLES, PRESS_TYPES, pressRoom } from './press-room.ts';
import { writeReferenceBoard } from './reference-board.ts';
import { GOLDEN_START, GoldenClock, Story } from './story.ts';

/** The boards of the golden log, all in one database. */
export const GOLDEN_BOARDS = ['press', 'annex', 'imported'] as const;
export type GoldenBoard = (typeof GOLDEN_BOARDS)[number];

type Shape = Pick<BoardOptions, 'lifecycles' | 'taskTypes' | 'resumable'>;

/**
 * Makes the golden log anew, in a database in `folder`: through the board's own intents and the import, by a clock that
 * stands where it is put, under fixed ids, so that the rows are the same every time.
 */
export async function makeGoldenLog(folder: string): Promise<GoldenDatabase> {
  const file = join(folder, 'golden.db');
  const press = { lifecycles: PRESS_LIFECYCLES, taskTypes: PRESS_TYPES, resumable: true };
  await identify(file, 'press', '00000000-0000-4000-8000-000000000001');
  await tell(file, 'press', press, pressRoom);
  await identify(file, 'annex', '00000000-0000-4000-8000-000000000002');
  await tell(file, 'annex', { taskTypes: { memo: 'fast' } }, annex);
  await importBoard(file, join(folder, 'reference.db'));
  await tell(file, 'imported', {}, carriedOn);
  return new GoldenDatabase(file);
}

/** The database with the golden boards. */
export class GoldenDatabase {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  open(boardId: GoldenBoard): Promise<Board> {
    return openBoard({ backend: sqlite({ file: this.#file }), boardId, readOnly: true });
  }

  /** Writes a board's log as `quadro export --format ndjson` does, into a folder of its name; the annex without its tasks. */
  async export(boardId: GoldenBoard, to: string): Promise<void> {
    const board = await this.open(boardId);
    const logs = ['boards', 'events', 'chief_cycles', 'ombudsman_ticks'] as const;
    const tables = boardId === 'annex' ? logs : ([...logs, 'tasks'] as const);
    await exportLog(board, { to: join(to, boardId), format: 'ndjson', tables });
    await board.close();
  }
}

/** A board mints its own identity where it is opened first; so it is there before, with a fixed one. */
async function identify(file: string, boardId: GoldenBoard, uid: string): Promise<void> {
  const backend = sqlite({ file });
  await backend.open();
  const keys = { board_id: boardId, task_ids: [], agent_ids: [], idempotency_keys: [], data_keys: [] };
  const changes = { ...NO_CHANGES, board: newBoard(boardId, uid, GOLDEN_START) };
  await backend.transact({ ...keys, profiles_version: -1, reads_leases: false }, () => ({ changes, result: null }));
  await backend.close();
}

async function importBoard(file: string, reference: string): Promise<void> {
  writeReferenceBoard(reference, IMPORTED_LINES, IMPORTED_ROWS);
  const into = sqlite({ file });
  await importReference(reference, { into, boardId: 'imported' });
  await into.close();
}

async function tell(
  file: string,
  boardId: GoldenBoard,
  shape: Shape,
  story: (story: Story) => Promise<void>,
): Promise<void> {
  const clock = new GoldenClock();
  const board = await openBoard({ backend: sqlite({ file }), boardId, clock: clock.now, mustExist: true, ...shape });
  try {
    await story(new Story(board, clock));
  } finally {
    await board.close();
  }
}
