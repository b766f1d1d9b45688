import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isPattern } from '../analysis/find-files.ts';
import { openExportedLog } from '../analysis/index.ts';
import type { Backend } from '../board/backends/backend.ts';
import { sqlite } from '../board/backends/sqlite/index.ts';
import type { Board } from '../board/board.ts';
import { NotFoundError, ValidationError } from '../board/core/errors.ts';
import { openBoard } from '../board/open-board.ts';
import type { TableSource } from '../board/table-source.ts';
import { maskedUrl } from './masked-url.ts';

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

/** How a board is written, for help texts. */
export const BOARD_HELP = 'sqlite:FILE, a .db path, postgres://… or mysql://…';

/** How SOURCE is written, for help texts. */
export const SOURCE_HELP: string = `a board (${BOARD_HELP}) or an exported log (a folder, or a .parquet, .ndjson or .csv file of events)`;

/** The same of commands that take several as one. */
export const SOURCES_HELP: string = `${SOURCE_HELP}; several, or a quoted pattern for several logs, are one`;

const BOARD_FILE = /\.(db|sqlite|sqlite3)$/i;
const LOG_FILE = /\.(parquet|ndjson|csv)$/i;

interface BackendOptions {
  readonly readOnly?: boolean;
  /** Whether a file that is not there is refused rather than made; no server's database is ever made. Default: as `readOnly`. */
  readonly mustExist?: boolean;
}

type OpenServer = (url: string, options: BackendOptions) => Promise<Backend>;

/** Loaded when a URL asks for them: a machine that keeps its boards in files needs no driver of a server. */
const openPostgres: OpenServer = async (url, options) => {
  const { postgres } = await import('../board/backends/postgres/index.ts');
  return postgres({ url, ...options });
};

const openMysql: OpenServer = async (url, options) => {
  const { mysql } = await import('../board/backends/mysql/index.ts');
  return mysql({ url, ...options });
};

/** URL scheme → the database server it names. */
const SERVERS: ReadonlyMap<string, OpenServer> = new Map([
  ['postgres', openPostgres],
  ['postgresql', openPostgres],
  ['mysql', openMysql],
  ['mariadb', openMysql],
]);

function serverOf(text: string): OpenServer | null {
  const scheme = /^([a-z]+):\/\//i.exec(text)?.[1] ?? '';
  return SERVERS.get(scheme.toLowerCase()) ?? null;
}

/** Whether a path's ending is that of a board's file. */
export function isBoardFile(path: string): boolean {
  return BOARD_FILE.test(path);
}

/** The SQLite file that a board URL or path names, or null where it names something else. */
function boardFileOf(text: string): string | null {
  if (text.startsWith('sqlite:')) return text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  return isBoardFile(text) ? text : null;
}

/**
 * The backend a board URL names; the caller opens and closes it.
 *
 * @throws ValidationError (`invalid_source`) for what is no board URL, ConfigurationError for a URL that cannot be.
 */
export async function backendOf(url: string, options: BackendOptions = {}): Promise<Backend> {
  const openServer = serverOf(url);
  if (openServer !== null) return openServer(url, options);
  const file = boardFileOf(url);
  if (file === null || file === '') {
    throw new ValidationError('invalid_source', `${maskedUrl(url)} names no board: give ${BOARD_HELP}`);
  }
  return sqlite({ file, ...options });
}

/** Whether a SOURCE is written as a board is. */
export function isBoardUrl(text: string): boolean {
  return boardFileOf(text) !== null || serverOf(text) !== null;
}

/**
 * Opens one board of a database for reading: the one that is named, or where none is, the only one or `default`.
 *
 * @throws NotFoundError, StorageError; ValidationError (`invalid_source`) where several are there and none is chosen
 */
export async function openOneBoard(url: string, boardName: string | undefined): Promise<Board> {
  return openOn(url, async backend => {
    return openBoard({ backend, readOnly: true, boardId: await boardIn(backend, boardName) });
  });
}

/** Opens every board of a database for reading; closing one of them closes them all. */
export async function openAllBoards(url: string): Promise<readonly Board[]> {
  return openOn(url, async backend => {
    const boards: Board[] = [];
    for (const { board_id: boardId } of await backend.readBoards()) {
      boards.push(await openBoard({ backend, readOnly: true, boardId }));
    }
    if (boards.length > 0) return boards;
    throw new NotFoundError('board_not_found', `${backend.location} holds no board`);
  });
}

/**
 * Opens one board of a database for writing: the one that is named, or where none is, the only one or `default`.
 *
 * @param canMake Whether a board, and a database in a file, that is not there is made. Default false.
 * @throws as {@link openOneBoard}
 */
export async function openBoardToWrite(url: string, boardName: string | undefined, canMake = false): Promise<Board> {
  const open = async (backend: Backend): Promise<Board> => {
    const boardId = canMake && boardName !== undefined ? boardName : await boardIn(backend, boardName);
    return openBoard({ backend, boardId, mustExist: !canMake });
  };
  return openOn(url, open, { mustExist: !canMake });
}

async function openOn<Opened>(
  url: string,
  open: (backend: Backend) => Promise<Opened>,
  options: BackendOptions = { readOnly: true },
): Promise<Opened> {
  const backend = await backendOf(url, options);
  try {
    await backend.open();
    return await open(backend);
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/**
 * The board that is wanted, else the only one of the database, else `default` where one has that name or none is there.
 *
 * @throws NotFoundError (`board_not_found`); ValidationError (`invalid_source`) where several are there and none is chosen
 */
export async function boardIn(backend: Backend, wanted: string | undefined): Promise<string> {
  const names = (await backend.readBoards()).map(each => each.board_id);
  const [first] = names;
  const { location } = backend;
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted;
    const held = names.length === 0 ? 'none' : names.join(', ');
    throw new NotFoundError('board_not_found', `There is no board ${wanted} in ${location}: it holds ${held}`);
  }
  if (names.length === 1 && first !== undefined) return first;
  if (names.length === 0 || names.includes('default')) return 'default';
  throw new ValidationError(
    'invalid_source',
    `${location} holds several boards (${names.join(', ')}): choose one with --board NAME`,
  );
}

/**
 * Opens a SOURCE for reading.
 *
 * @throws ValidationError (`invalid_source`) where it is neither a board nor a log, StorageError, NotFoundError.
 */
export async function openSource(text: string, options: { board?: string | undefined } = {}): Promise<Source> {
  if (isBoardUrl(text)) {
    const board = await openOneBoard(text, options.board);
    return { kind: 'board', board, tables: board, close: () => board.close() };
  }
  checkLogPath(text, options.board, await stat(text).catch(() => null));
  const log = await openExportedLog(text);
  return { kind: 'log', path: text, tables: log, close: () => log.close() };
}

/**
 * Checks a SOURCE that is no board, which may be a pattern.
 *
 * @throws ValidationError (`invalid_source`) where it is no exported log
 */
export async function checkLogSource(text: string, board: string | undefined): Promise<void> {
  const found = await stat(text).catch(() => null);
  if (found !== null || !isPattern(text)) return checkLogPath(text, board, found);
  refuseBoardName(text, board);
}

function checkLogPath(text: string, board: string | undefined, found: Stats | null): void {
  if (found === null)
    throw new ValidationError('invalid_source', `There is no ${maskedUrl(text)}: give ${SOURCE_HELP}`);
  if (found.isFile() && !LOG_FILE.test(text)) {
    throw new ValidationError('invalid_source', `${text} is neither a board nor a log: give ${SOURCE_HELP}`);
  }
  refuseBoardName(text, board);
}

function refuseBoardName(text: string, board: string | undefined): void {
  if (board === undefined) return;
  throw new ValidationError('invalid_source', `--board chooses a board of a database, and ${text} is an exported log`);
}
