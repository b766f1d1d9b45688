import { Command, InvalidArgumentError, Option } from 'commander';
import { exportLog } from '../../exporters/files/index.ts';
import { print, printJson, table } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP } from '../source.ts';

interface Options {
  readonly to: string;
  readonly format?: 'parquet' | 'ndjson' | 'csv';
  readonly board?: string;
  readonly json?: boolean;
}

/** Endings of files that are not written: a folder of that name would be a surprise. */
const OTHER_ENDING = /\.(xes|json|jsonl|xml|xlsx|gz|zip|txt|tsv|db|sqlite)$/i;

function destination(text: string): string {
  if (!OTHER_ENDING.test(text)) return text;
  throw new InvalidArgumentError('Name a folder, or a file that ends in .parquet, .ndjson or .csv.');
}

async function run(text: string, options: Options): Promise<void> {
  const source = await openSource(text, options);
  const progress = progressOf('rows');
  try {
    const files = await exportLog(source.tables, {
      to: options.to,
      ...(options.format && { format: options.format }),
      signal: interruption(),
      onProgress: ({ rows, expected }) => progress.update(rows, expected),
    });
    progress.stop();
    if (options.json) await printJson(files);
    else
      await print(
        table(
          ['table', 'rows', 'file'],
          files.map(file => [file.table, file.rows, file.path]),
        ),
      );
  } finally {
    progress.stop();
    await source.close();
  }
}

/** `quadro export SOURCE --to DIR|FILE` */
export function exportCommand(): Command {
  return new Command('export')
    .description('Write a log to files: a folder with one file a table, or one file of events')
    .argument('<source>', SOURCE_HELP)
    .requiredOption('--to <path>', 'a folder, or a .parquet, .ndjson or .csv file for the events alone', destination)
    .addOption(
      new Option('--format <format>', 'of the files in a folder; default parquet').choices([
        'parquet',
        'ndjson',
        'csv',
      ]),
    )
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print the files as one JSON array')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro export newsroom.db --to log\n  quadro export newsroom.db --to events.ndjson',
    )
    .action(run);
}
