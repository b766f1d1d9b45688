import { Command, Option } from 'commander';
import { importReference } from '../../board/import/reference.ts';
import { maskedUrl } from '../masked-url.ts';
import { print, printable, printJson, shellWord } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { BOARD_HELP, backendOf } from '../source.ts';

interface Options {
  readonly into: string;
  readonly board?: string;
  readonly json?: boolean;
}

async function run(file: string, options: Options): Promise<void> {
  const into = await backendOf(options.into);
  const progress = progressOf('events');
  try {
    const summary = await importReference(file, {
      into,
      ...(options.board !== undefined && { boardId: options.board }),
      signal: interruption(),
      onProgress: ({ done, total }) => progress.update(done, total),
    });
    progress.stop();
    if (options.json) await printJson(summary);
    else {
      const url = maskedUrl(options.into);
      const board = options.board === undefined ? '' : ` --board ${shellWord(options.board)}`;
      await print(
        `Imported ${summary.events} events of ${summary.tasks} tasks into ${url} (board ${printable(summary.board_id)}, ${summary.board_uid}).\n` +
          `The reference implementation logs no Chief cycles, so this board has no sleep study of that time.\n` +
          `Next: quadro check ${shellWord(url)}${board}`,
      );
    }
  } finally {
    progress.stop();
    await into.close();
  }
}

/** `quadro import FILE --into URL` */
export function importCommand(): Command {
  return new Command('import')
    .description("Import the reference implementation's board.db, with its numbers and times as they are")
    .argument('<file>', 'the board.db')
    .requiredOption('--into <url>', `the board to make: ${BOARD_HELP}`)
    .option('--board <name>', 'the name of the board inside that database')
    .addOption(new Option('--format <format>', 'what the file is').choices(['quadro']).default('quadro'))
    .option('--json', 'print what was imported as one JSON object')
    .addHelpText('after', '\nExample:\n  quadro import board.db --into newsroom.db')
    .action(run);
}
