import { Command } from 'commander';
import type { Backend } from '../../board/backends/backend.ts';
import { isUnfinishedCopy } from '../../board/copy/copy-mark.ts';
import type { BoardRecord } from '../../board/core/records.ts';
import { isoOf } from '../../board/core/time.ts';
import { print, printJson, table } from '../output.ts';
import { BOARD_HELP, backendOf } from '../source.ts';

interface ListedBoard extends BoardRecord {
  /** Whether nobody can open it, since a copy into it has not come to its end. */
  readonly unfinished_copy: boolean;
  /** Whether it is an imported event log, to which nobody can write. */
  readonly ungoverned: boolean;
}

async function boardsOf(backend: Backend): Promise<readonly ListedBoard[]> {
  const boards: ListedBoard[] = [];
  for (const board of await backend.readBoards()) {
    const unfinished_copy = isUnfinishedCopy(await backend.readLeases(board.board_id));
    const { profiles } = await backend.readProfiles(board.board_id);
    boards.push({ ...board, unfinished_copy, ungoverned: profiles.some(each => each.definition.ungoverned === true) });
  }
  return boards;
}

/** `quadro boards URL` */
export function boardsCommand(): Command {
  return new Command('boards')
    .description('List the boards of a database')
    .argument('<url>', BOARD_HELP)
    .option('--migrate', 'first bring the tables up to date, where an older version of Quadro made them')
    .option('--json', 'print one JSON array')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro boards newsroom.db\n  quadro boards postgres://quadro@127.0.0.1/boards --migrate',
    )
    .action(async (url: string, options: { json?: boolean; migrate?: boolean }) => {
      const backend = await backendOf(url, options.migrate ? { mustExist: true } : { readOnly: true });
      try {
        await backend.open();
        const boards = await boardsOf(backend);
        if (options.json) {
          await printJson(
            boards.map(each => ({
              ...each,
              created_at: isoOf(each.created_at),
              last_timestamp: isoOf(each.last_timestamp),
            })),
          );
          return;
        }
        const rows = boards.map(each => [
          each.board_id,
          each.board_uid,
          each.next_sequence_id - 1,
          isoOf(each.last_timestamp),
          [
            ...(each.unfinished_copy ? ['unfinished copy'] : []),
            ...(each.ungoverned ? ['event log, read-only'] : []),
          ].join(', '),
        ]);
        await print(table(['board', 'board_uid', 'events', 'last written', ''], rows));
      } finally {
        await backend.close();
      }
    });
}
