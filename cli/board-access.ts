import { readFile } from 'node:fs/promises';
import type { BoardMethods } from '../board/board-methods.ts';
import { ConfigurationError } from '../board/core/errors.ts';
import { BOARD_HELP, openBoardToWrite } from './source.ts';

/** A board here, or one that is served elsewhere. */
export type ReachedBoard = BoardMethods & { close(): Promise<void> };

/** How a board is reached. */
export interface ReachOptions {
  readonly board?: string;
  /** The file that holds the token. Default: `QUADRO_TOKEN`, else no token. */
  readonly tokenFile?: string;
}

/** How SOURCE is written where a command also reaches services. */
export const REACH_HELP: string = `a board (${BOARD_HELP}) or the http(s):// address of a service`;

/** How long a service that does not answer is tried, in milliseconds: somebody is waiting. */
const PATIENCE_MS = 3_000;

async function tokenOf({ tokenFile }: ReachOptions): Promise<string | null> {
  if (tokenFile !== undefined) return (await readFile(tokenFile, 'utf8')).trim();
  return process.env.QUADRO_TOKEN || null;
}

async function reachService(url: string, options: ReachOptions): Promise<ReachedBoard> {
  if (options.board !== undefined) {
    const message = '--board chooses a board of a database, and a service serves one';
    throw new ConfigurationError('invalid_configuration', message);
  }
  const { remoteBoard } = await import('../board/transport/http/index.ts');
  const token = await tokenOf(options);
  return remoteBoard({ url, patienceMs: PATIENCE_MS, ...(token !== null && { token }) });
}

/**
 * Opens a board of a database, or turns to a service, does something with it and closes it.
 *
 * @throws QuadroError, also for a board that is not there: none is made.
 */
export async function withReachedBoard<Result>(
  source: string,
  options: ReachOptions,
  use: (board: ReachedBoard) => Promise<Result>,
): Promise<Result> {
  const board = await (/^https?:\/\//i.test(source)
    ? reachService(source, options)
    : openBoardToWrite(source, options.board));
  try {
    return await use(board);
  } finally {
    await board.close();
  }
}
