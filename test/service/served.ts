import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { openBoard } from '../../board/index.ts';
import type { BoardService, ServiceOptions } from '../../board/service/index.ts';
import { NEWSROOM } from '../agents/office.ts';

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; null where it is none. */
  readonly body: JsonObject;
}

/** A board that is served for the test that runs. */
export interface Served {
  readonly board: Board;
  readonly service: BoardService;
  /** Every line the service has logged, whole. */
  readonly log: () => string;
  /** Every line the service has logged, as JSON. */
  readonly lines: () => JsonObject[];
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Posts JSON; a text goes as it is. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  ask(path: string, init?: RequestInit): Promise<Answer>;
}

function parsed(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}

/** Sends a request and reads its answer whole. */
export async function askAt(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

/** A logger whose lines a test can read. */
export function readableLog(): { logger: NonNullable<ServiceOptions['logger']>; log: () => string } {
  const stream = new PassThrough();
  let written = '';
  stream.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  return { logger: pino(stream), log: () => written };
}

/** A board as these tests use it. The caller closes it. */
export function openServedBoard(options: Partial<BoardOptions> = {}): Promise<Board> {
  const taskTypes = { memo: 'fast', article: 'newsroom' };
  return openBoard({ backend: sqlite({ file: ':memory:' }), lifecycles: [NEWSROOM], taskTypes, ...options });
}

/** Serves a board, a new one unless it is given, on a port of its own; both are closed after the test. */
export async function serve(
  options: ServiceOptions = {},
  boardOptions: Partial<BoardOptions> = {},
  given: Board | null = null,
): Promise<Served> {
  const { logger, log } = readableLog();
  const board = given ?? (await openServedBoard(boardOptions));
  const service = await board.serve({ port: 0, logger, ...options });
  onTestFinished(async () => {
    await service.close(0);
    if (given === null) await board.close();
  });
  const ask = (path: string, init: RequestInit = {}): Promise<Answer> => askAt(`${service.url}${path}`, init);
  return {
    board,
    service,
    log,
    lines: () =>
      log()
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as JsonObject),
    ask,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}
