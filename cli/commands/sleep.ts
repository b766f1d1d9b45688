import { Command } from 'commander';
import { type SourceOptions, withSourceOptions } from '../analysis-options.ts';
import { print, printJson } from '../output.ts';
import { sleepText } from '../report-text.ts';
import { SOURCES_HELP } from '../source.ts';
import { withAnalysis } from '../with-analysis.ts';

async function run(texts: readonly string[], options: SourceOptions & { json?: boolean }): Promise<void> {
  const study = await withAnalysis(texts, options, async analysis => ({
    sleep_study: await analysis.run('sleep_study'),
    noop_rate: await analysis.run('noop_rate'),
    wake_triggers: await analysis.run('wake_triggers'),
  }));
  if (options.json) await printJson(study);
  else await print(sleepText(study).trimStart());
}

/** `quadro sleep SOURCE...` */
export function sleepCommand(): Command {
  return withSourceOptions(new Command('sleep'))
    .description("The Chief's sleep study: how long it slept, what woke it, how often for nothing")
    .argument('<source...>', SOURCES_HELP)
    .option('--json', 'print the study as one JSON object')
    .addHelpText('after', '\nExample:\n  quadro sleep newsroom.db')
    .action(run);
}
