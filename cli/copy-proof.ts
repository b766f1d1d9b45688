import type { Backend } from '../board/backends/backend.ts';
import type { Board } from '../board/board.ts';
import { type CheckReport, checkLog, type DigestedTable } from '../board/check/check.ts';
import { openBoard } from '../board/index.ts';
import { progressOf } from './progress.ts';

/** What `check` says of one side of a copy. */
export type CopySide = Pick<CheckReport, 'ok' | 'own' | 'digest' | 'board_digest'>;

/** Whether both sides of a copy are the same. */
export interface CopyProof {
  readonly source: CopySide;
  readonly target: CopySide;
  readonly equal: boolean;
  /** The tables that are not the same. */
  readonly different: readonly DigestedTable[];
  /** Whether one side has been written since it was copied. */
  readonly written_since: boolean;
}

/** Checks both sides of a copy; `into` stays open. */
export async function proveCopy(
  source: Board,
  into: Backend,
  boardId: string,
  signal: AbortSignal,
): Promise<CopyProof> {
  const target = await openBoard({ backend: into, boardId, readOnly: true });
  const [here, there] = [await checked(source, signal), await checked(target, signal)];
  const [sourceRow, targetRow] = [await source.board(), await target.board()];
  const tables = Object.keys(here.table_digests ?? {}) as DigestedTable[];
  const different = tables.filter(name => here.table_digests?.[name] !== there.table_digests?.[name]);
  return {
    source: sideOf(here),
    target: sideOf(there),
    equal: different.length === 0,
    different,
    written_since: sourceRow.last_timestamp !== targetRow.last_timestamp,
  };
}

async function checked(board: Board, signal: AbortSignal): Promise<CheckReport> {
  const progress = progressOf('events checked');
  try {
    return await checkLog(board, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
  } finally {
    progress.stop();
  }
}

function sideOf({ ok, own, digest, board_digest }: CheckReport): CopySide {
  return { ok, own, digest, board_digest };
}

/** The proof for people; `url` is where the faults of a log that is not whole can be listed. */
export function proofText(proof: CopyProof | null, url: string): string {
  if (proof === null) return 'Whether both sides are the same was not checked.';
  const { source, target, equal, different, written_since } = proof;
  const digests = [`digest ${source.digest}`, `board digest ${source.board_digest}`];
  if (equal) {
    const faults = source.ok ? '' : `, with ${source.own} faults that quadro check ${url} lists`;
    return [`Both sides are the same${faults}:`, ...digests].join('\n');
  }
  const why = written_since ? '; one of them has been written since it was copied' : '';
  return [
    `FAULT  the sides differ in ${different.join(', ')}${why}`,
    ...digests.map(line => `source ${line}`),
    `target digest ${target.digest}`,
    `target board digest ${target.board_digest}`,
  ].join('\n');
}
