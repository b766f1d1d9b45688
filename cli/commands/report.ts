import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { findings } from '../../analysis/index.ts';
import { type SourceOptions, withSourceOptions } from '../analysis-options.ts';
import { maskedUrl } from '../masked-url.ts';
import { print, printJson } from '../output.ts';
import { reportText } from '../report-text/report-text.ts';
import { SOURCES_HELP } from '../source.ts';
import { reportOf } from '../with-analysis.ts';

interface Options extends SourceOptions {
  readonly json?: boolean;
  readonly to?: string;
  readonly title?: string;
}

/** What a source is called: a URL without its password, or the name of a file without where it lies. */
function nameOf(source: string): string {
  return source.includes('://') ? maskedUrl(source) : basename(source.replace(/^sqlite:/, ''));
}

/** What the page of these sources is called. */
function titleOf(sources: readonly string[], { board, title }: Options): string {
  const name = sources.map(nameOf).join(', ');
  return title ?? (board === undefined ? name : `${name}, board ${board}`);
}

async function writePage(sources: readonly string[], file: string, options: Options): Promise<void> {
  const { htmlReport } = await import('../../dashboards/report/index.ts');
  const source = { report: () => reportOf(sources, options) };
  const page = await htmlReport(source, { title: titleOf(sources, options) });
  await writeFile(file, page);
  await print(
    `${file}: one page of ${Math.ceil(Buffer.byteLength(page) / 1024)} KiB, which needs nothing besides itself`,
  );
}

async function run(sources: readonly string[], options: Options): Promise<void> {
  if (options.to !== undefined) return writePage(sources, options.to, options);
  const report = await reportOf(sources, options);
  if (options.json) await printJson({ ...report, findings: findings(report) });
  else await print(reportText(report));
}

/** `quadro report SOURCE...` */
export function reportCommand(): Command {
  return withSourceOptions(new Command('report'))
    .description('What a log tells: what stands out, where time went, why work waited, the Chief, agents, stale work')
    .argument('<source...>', SOURCES_HELP)
    .addOption(new Option('--json', 'print every analysis as one JSON object').conflicts('to'))
    .option('--to <file>', 'write it as one self-contained HTML page, with charts, definitions and the SQL')
    .option('--title <text>', "the heading of that page; default the source's name")
    .addHelpText(
      'after',
      "\nExamples:\n  quadro report newsroom.db --json\n  quadro report newsroom.db --to report.html\n  quadro report 'days/*' --memory-limit 1GB\n  quadro report newsroom.db --cache newsroom.duckdb",
    )
    .action(run);
}
