import { Command } from 'commander';
import { isoOf } from '../../board/core/time.ts';
import { print, printJson, table } from '../output.ts';
import { BOARD_HELP, backendOf } from '../source.ts';

/** `quadro boards URL` */
export function boardsCommand(): Command {
  return new Command('boards')
    .description('List the boards of a database')
    .argument('<url>', BOARD_HELP)
    .option('--json', 'print one JSON array')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro boards newsroom.db\n  quadro boards postgres://quadro@127.0.0.1/boards',
    )
    .action(async (url: string, options: { json?: boolean }) => {
      const backend = await backendOf(url, { readOnly: true });
      try {
        await backend.open();
        const boards = await backend.readBoards();
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
        ]);
        await print(table(['board', 'board_uid', 'events', 'last written'], rows));
      } finally {
        await backend.close();
      }
    });
}
