import { Command } from 'commander';
import { GRACE_HELP, graceSeconds } from '../grace-seconds.ts';
import { print, printJson } from '../output.ts';
import { sleepText } from '../report-text.ts';
import { SOURCE_HELP } from '../source.ts';
import { type AskOptions, withAnalysis } from '../with-analysis.ts';

async function run(text: string, options: AskOptions & { json?: boolean }): Promise<void> {
  const study = await withAnalysis(text, options, async analysis => ({
    sleep_study: await analysis.run('sleep_study'),
    noop_rate: await analysis.run('noop_rate'),
    wake_triggers: await analysis.run('wake_triggers'),
    dispatch_failure: await analysis.run('dispatch_failure'),
  }));
  if (options.json) await printJson(study);
  else await print(sleepText(study).trimStart());
}

/** `quadro sleep SOURCE` */
export function sleepCommand(): Command {
  return new Command('sleep')
    .description("The Chief's sleep study: how long it slept, what woke it, how often for nothing")
    .argument('<source>', SOURCE_HELP)
    .option('--board <name>', 'which board, where the database holds several')
    .option('--grace <seconds>', GRACE_HELP, graceSeconds)
    .option('--json', 'print the study as one JSON object')
    .addHelpText('after', '\nExample:\n  quadro sleep newsroom.db')
    .action(run);
}
