import type { Backend } from '../../board/backends/backend.ts';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/index.ts';

function backendAt(url: string): Backend {
  if (url.startsWith('sqlite:')) return sqlite({ file: url.slice('sqlite:'.length) });
  return url.startsWith('mysql:') ? mysql({ url }) : postgres({ url });
}

/** A board for the callers, with every option at its default. */
export function openBoardAt(url: string, boardId = 'default'): Promise<Board> {
  return openBoard({ backend: backendAt(url), boardId, taskTypes: { work: 'fast' } });
}
