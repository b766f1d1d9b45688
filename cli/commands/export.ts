import { Command, InvalidArgumentError, Option } from 'commander';
import { sqlFiles } from '../../analysis/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { print, printJson, table } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP } from '../source.ts';

interface Options {
  readonly to: string;
  readonly format?: 'parquet' | 'ndjson' | 'csv';
  readonly withSql?: string;
  readonly memoryLimit?: string;
  readonly spill?: string;
  readonly board?: string;
  readonly json?: boolean;
}

/** Logs for other programs. */
const EVENT_LOG = /\.(xes|xes\.gz|ocel\.json)$/i;

/** Endings of files that are not written: a folder of that name would be a surprise. */
const OTHER_ENDING = /\.(json|jsonl|xml|xlsx|gz|zip|txt|tsv|db|sqlite)$/i;

function destination(text: string): string {
  if (EVENT_LOG.test(text) || !OTHER_ENDING.test(text)) return text;
  throw new InvalidArgumentError(
    'Name a folder, or a file that ends in .parquet, .ndjson, .csv, .xes, .xes.gz or .ocel.json.',
  );
}

async function run(text: string, options: Options): Promise<void> {
  const { to, format, withSql, memoryLimit, spill } = options;
  const source = await openSource(text, options);
  const progress = progressOf('rows');
  try {
    const files = await exportLog(source.tables, {
      to,
      ...(format && { format }),
      ...(withSql !== undefined && { withSql: { to: withSql, files: await sqlFiles() } }),
      ...(memoryLimit !== undefined && { memoryLimit }),
      ...(spill !== undefined && { tempDirectory: spill }),
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
    .description(
      'Write a log to files: a folder with one file a table, one file of events, or a log for other programs',
    )
    .argument('<source>', SOURCE_HELP)
    .requiredOption(
      '--to <path>',
      'a folder; a .parquet, .ndjson or .csv file for the events alone; an .xes, .xes.gz or .ocel.json for other programs',
      destination,
    )
    .addOption(
      new Option('--format <format>', 'of the files in a folder; default parquet').choices([
        'parquet',
        'ndjson',
        'csv',
      ]),
    )
    .option('--with-sql <dir>', 'also write the SQL of all analyses, and an open.sql that opens the exported files')
    .option('--memory-limit <size>', 'memory that DuckDB may use before it spills to disk, such as 512MB; default 2GB')
    .option('--spill <dir>', 'where it spills; default a folder of its own under the temporary one')
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print the files as one JSON array')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro export newsroom.db --to log --with-sql sql\n  quadro export newsroom.db --to events.ndjson\n  quadro export newsroom.db --to newsroom.xes.gz',
    )
    .action(run);
}
