import { Command, Option } from 'commander';
import { type SourceOptions, withSourceOptions } from '../analysis-options.ts';
import { csvText } from '../csv.ts';
import { print, printJson, table } from '../output.ts';
import { SOURCES_HELP } from '../source.ts';
import { withAnalysis } from '../with-analysis.ts';

interface Options extends SourceOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Rows of a table for people: its columns are as wide as their widest cell, which takes time and patience. */
const MAX_TABLE_ROWS = 1_000;

async function run(first: string, rest: readonly string[], options: Options): Promise<void> {
  const [query = '', ...others] = rest.toReversed();
  const { columns, rows } = await withAnalysis([first, ...others.toReversed()], options, analysis =>
    analysis.query(query),
  );
  if (options.json) return printJson(rows);
  const cells = rows.map(row => columns.map(name => row[name]));
  if (options.csv) return print(csvText([columns, ...cells]));
  if (rows.length === 0) return print('no rows');
  const left = rows.length - MAX_TABLE_ROWS;
  const more = left > 0 ? `\n… and ${left} more rows: --csv and --json print all` : '';
  return print(table(columns, cells.slice(0, MAX_TABLE_ROWS)) + more);
}

/** `quadro sql SOURCE... "QUERY"` */
export function sqlCommand(): Command {
  return withSourceOptions(new Command('sql'))
    .usage('[options] <source...> <query>')
    .description('Run SQL (DuckDB) over a log: the views events, tasks, stages, flight_plans, chief_cycles, sleeps, …')
    .argument('<source>', SOURCES_HELP)
    .argument('<query...>', 'SQL, the last word of the line; of several statements the rows of the last')
    .option('--json', 'print one JSON array of row objects')
    .addOption(new Option('--csv', 'print CSV with a header').conflicts('json'))
    .addHelpText(
      'after',
      '\nExample:\n  quadro sql newsroom.db "select status, count(*), median(dwell_seconds) from stages group by 1 order by 3 desc"',
    )
    .action(run);
}
