import { Command, Option } from 'commander';
import { csvText } from '../csv.ts';
import { GRACE_HELP, graceSeconds } from '../grace-seconds.ts';
import { print, printJson, table } from '../output.ts';
import { SOURCE_HELP } from '../source.ts';
import { type AskOptions, withAnalysis } from '../with-analysis.ts';

interface Options extends AskOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Rows of a table for people: its columns are as wide as their widest cell, which takes time and patience. */
const MAX_TABLE_ROWS = 1_000;

async function run(text: string, query: string, options: Options): Promise<void> {
  const { columns, rows } = await withAnalysis(text, options, analysis => analysis.query(query));
  if (options.json) return printJson(rows);
  const cells = rows.map(row => columns.map(name => row[name]));
  if (options.csv) return print(csvText([columns, ...cells]));
  if (rows.length === 0) return print('no rows');
  const left = rows.length - MAX_TABLE_ROWS;
  const more = left > 0 ? `\n… and ${left} more rows: --csv and --json print all` : '';
  return print(table(columns, cells.slice(0, MAX_TABLE_ROWS)) + more);
}

/** `quadro sql SOURCE "QUERY"` */
export function sqlCommand(): Command {
  return new Command('sql')
    .description('Run SQL (DuckDB) over a log: the views events, tasks, stages, flight_plans, chief_cycles, sleeps, …')
    .argument('<source>', SOURCE_HELP)
    .argument('<query>', 'SQL; of several statements the rows of the last')
    .option('--board <name>', 'which board, where the database holds several')
    .option('--grace <seconds>', GRACE_HELP, graceSeconds)
    .option('--json', 'print one JSON array of row objects')
    .addOption(new Option('--csv', 'print CSV with a header').conflicts('json'))
    .addHelpText(
      'after',
      '\nExample:\n  quadro sql newsroom.db "select status, count(*), median(dwell_seconds) from stages group by 1 order by 3 desc"',
    )
    .action(run);
}
