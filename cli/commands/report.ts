import { Command } from 'commander';
import { GRACE_HELP, graceSeconds } from '../grace-seconds.ts';
import { printJson } from '../output.ts';
import { printReport } from '../report-text.ts';
import { SOURCE_HELP } from '../source.ts';
import { type AskOptions, withAnalysis } from '../with-analysis.ts';

async function run(text: string, options: AskOptions & { json?: boolean }): Promise<void> {
  const report = await withAnalysis(text, options, analysis => analysis.report());
  if (options.json) await printJson(report);
  else await printReport(report);
}

/** `quadro report SOURCE` */
export function reportCommand(): Command {
  return new Command('report')
    .description('What a log tells: dwell, waiting and work, revisions, bottlenecks, variants, the Chief')
    .argument('<source>', SOURCE_HELP)
    .option('--board <name>', 'which board, where the database holds several')
    .option('--grace <seconds>', GRACE_HELP, graceSeconds)
    .option('--json', 'print every analysis as one JSON object')
    .addHelpText('after', '\nExample:\n  quadro report newsroom.db --json')
    .action(run);
}
