import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { maskedUrl } from '../masked-url.ts';
import { print, printJson } from '../output.ts';
import { printReport } from '../report-text.ts';
import { SOURCE_HELP } from '../source.ts';
import { withAnalysis } from '../with-analysis.ts';

interface Options {
  readonly board?: string;
  readonly json?: boolean;
  readonly to?: string;
  readonly title?: string;
}

/** What the page of a source is called: a URL without its password, or the name of a file without where it lies. */
function titleOf(source: string, { board, title }: Options): string {
  if (title !== undefined) return title;
  const name = source.includes('://') ? maskedUrl(source) : basename(source.replace(/^sqlite:/, ''));
  return board === undefined ? name : `${name}, board ${board}`;
}

async function writePage(source: string, file: string, options: Options): Promise<void> {
  const { htmlReport } = await import('../../dashboards/report/index.ts');
  const page = await withAnalysis(source, options, analysis =>
    htmlReport(analysis, { title: titleOf(source, options) }),
  );
  await writeFile(file, page);
  await print(
    `${file}: one page of ${Math.ceil(Buffer.byteLength(page) / 1024)} KiB, which needs nothing besides itself`,
  );
}

async function run(source: string, options: Options): Promise<void> {
  if (options.to !== undefined) return writePage(source, options.to, options);
  const report = await withAnalysis(source, options, analysis => analysis.report());
  if (options.json) await printJson(report);
  else await printReport(report);
}

/** `quadro report SOURCE` */
export function reportCommand(): Command {
  return new Command('report')
    .description('What a log tells: dwell, waiting and work, revisions, bottlenecks, variants, the Chief')
    .argument('<source>', SOURCE_HELP)
    .option('--board <name>', 'which board, where the database holds several')
    .addOption(new Option('--json', 'print every analysis as one JSON object').conflicts('to'))
    .option('--to <file>', 'write it as one self-contained HTML page, with charts, definitions and the SQL')
    .option('--title <text>', "the heading of that page; default the source's name")
    .addHelpText(
      'after',
      '\nExamples:\n  quadro report newsroom.db --json\n  quadro report newsroom.db --to report.html',
    )
    .action(run);
}
