import { Command } from 'commander';
import { type SourceOptions, withSourceOptions } from '../analysis-options.ts';
import { printJson } from '../output.ts';
import { printReport } from '../report-text.ts';
import { SOURCES_HELP } from '../source.ts';
import { reportOf } from '../with-analysis.ts';

async function run(texts: readonly string[], options: SourceOptions & { json?: boolean }): Promise<void> {
  const report = await reportOf(texts, options);
  if (options.json) await printJson(report);
  else await printReport(report);
}

/** `quadro report SOURCE...` */
export function reportCommand(): Command {
  return withSourceOptions(new Command('report'))
    .description('What a log tells: dwell, waiting and work, revisions, bottlenecks, variants, the Chief')
    .argument('<source...>', SOURCES_HELP)
    .option('--json', 'print every analysis as one JSON object')
    .addHelpText(
      'after',
      "\nExamples:\n  quadro report newsroom.db --json\n  quadro report 'days/*' --memory-limit 1GB\n  quadro report newsroom.db --cache newsroom.duckdb",
    )
    .action(run);
}
