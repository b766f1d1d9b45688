import { existsSync, statSync } from 'node:fs';
import { openExportedLog } from '../analysis/index.ts';
import type { Backend } from '../board/backends/backend.ts';
import { sqlite } from '../board/backends/sqlite/index.ts';
import type { Board } from '../board/board.ts';
import { ConfigurationError, NotFoundError, ValidationError } from '../board/core/errors.ts';
import { openBoard } from '../board/open-board.ts';
import type { TableSource } from '../board/table-source.ts';

/** What a SOURCE argument names: a board in a database, or an exported log. */
export type Source = BoardSource | LogFileSource;

/** A board, opened. */
export interface BoardSource {
  readonly kind: 'board';
  readonly board: Board;
  readonly tables: TableSource;
  close(): Promise<void>;
}

/** An exported log: a folder, or a file of events. */
export interface LogFileSource {
  readonly kind: 'log';
  readonly path: string;
  readonly tables: TableSource;
  close(): Promise<void>;
}

/** How SOURCE is written, for help texts. */
export const SOURCE_HELP =
  'a board (sqlite:FILE or a .db path) or an exported log (a folder, or a .parquet, .ndjson or .csv file of events)';

const BOARD_FILE = /\.(db|sqlite|sqlite3)$/i;
const LOG_FILE = /\.(parquet|ndjson|csv)$/i;
const SERVER = /^(postgres|postgresql|mysql|mariadb):\/\//i;

/** The SQLite file that a board URL or path names, or null where it names something else. */
function boardFileOf(text: string): string | null {
  if (text.startsWith('sqlite:')) return text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  return BOARD_FILE.test(text) ? text : null;
}

/**
 * The backend a board URL names.
 *
 * @throws ConfigurationError for a database this version cannot open, ValidationError for what is no board URL.
 */
export function backendOf(url: string, options: { readOnly?: boolean; mustExist?: boolean } = {}): Backend {
  if (SERVER.test(url)) {
    throw new ConfigurationError(
      'invalid_configuration',
      'This version of Quadro keeps boards in SQLite: give sqlite:FILE or a .db path',
    );
  }
  const file = boardFileOf(url);
  if (file === null || file === '') {
    throw new ValidationError('invalid_source', `${url} names no board: give sqlite:FILE or a .db path`);
  }
  return sqlite({ file, ...options });
}

async function openBoardSource(url: string, boardName: string | undefined): Promise<BoardSource> {
  const boardId = await boardIn(url, boardName);
  const board = await openBoard({ backend: backendOf(url, { readOnly: true }), readOnly: true, boardId });
  return { kind: 'board', board, tables: board, close: () => board.close() };
}

/** The board that is wanted, else the only one of the database, else `default` where one has that name. */
async function boardIn(url: string, wanted: string | undefined): Promise<string> {
  const backend = backendOf(url, { readOnly: true });
  await backend.open();
  try {
    const names = (await backend.readBoards()).map(each => each.board_id);
    const [first] = names;
    if (wanted !== undefined) {
      if (names.includes(wanted)) return wanted;
      throw new NotFoundError('board_not_found', `There is no board ${wanted} in ${url}: it holds ${names.join(', ')}`);
    }
    if (names.length === 1 && first !== undefined) return first;
    if (names.length === 0 || names.includes('default')) return 'default';
    throw new ValidationError(
      'invalid_source',
      `${url} holds several boards (${names.join(', ')}): choose one with --board NAME`,
    );
  } finally {
    await backend.close();
  }
}

/**
 * Opens a SOURCE for reading.
 *
 * @throws ValidationError (`invalid_source`) where it is neither a board nor a log, StorageError, NotFoundError.
 */
export async function openSource(text: string, options: { board?: string | undefined } = {}): Promise<Source> {
  if (boardFileOf(text) !== null || SERVER.test(text)) return openBoardSource(text, options.board);
  if (!existsSync(text)) throw new ValidationError('invalid_source', `There is no ${text}: give ${SOURCE_HELP}`);
  if (!statSync(text).isDirectory() && !LOG_FILE.test(text)) {
    throw new ValidationError('invalid_source', `${text} is neither a board nor a log: give ${SOURCE_HELP}`);
  }
  if (options.board !== undefined) {
    throw new ValidationError(
      'invalid_source',
      `--board chooses a board of a database, and ${text} is an exported log`,
    );
  }
  const log = await openExportedLog(text);
  return { kind: 'log', path: text, tables: log, close: () => log.close() };
}
