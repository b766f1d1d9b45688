import { Command, Option } from 'commander';
import type { Analysis, AnalysisName, AnalysisResult } from '../../analysis/index.ts';
import { type SourceOptions, withSourceOptions } from '../analysis-options.ts';
import { csvText } from '../csv.ts';
import { print, printJson } from '../output.ts';
import { SLEEP_NAMES, type SleepReport, sleepText } from '../report-text/chief-text.ts';
import { SOURCES_HELP } from '../source.ts';
import { withAnalysis } from '../with-analysis.ts';

interface Options extends SourceOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

const SLEEPS = `
  SELECT board_uid, chief_id, cycle_id, woken_by, slept_at, woke_at, sleep_seconds
  FROM sleeps ORDER BY board_uid, chief_id, sequence_id`;

async function studyOf(analysis: Analysis): Promise<SleepReport> {
  const study: Partial<Record<AnalysisName, AnalysisResult<unknown>>> = {};
  for (const name of SLEEP_NAMES) study[name] = await analysis.run(name);
  return study as SleepReport;
}

async function run(texts: readonly string[], options: Options): Promise<void> {
  if (options.csv) {
    const { columns, rows } = await withAnalysis(texts, options, analysis => analysis.query(SLEEPS));
    return print(csvText([columns, ...rows.map(row => columns.map(name => row[name]))]));
  }
  const study = await withAnalysis(texts, options, studyOf);
  if (options.json) await printJson(study);
  else await print(sleepText(study).trimStart());
}

/** `quadro sleep SOURCE...` */
export function sleepCommand(): Command {
  return withSourceOptions(new Command('sleep'))
    .description(
      "The Chief's sleep study: how long it slept, what woke it, how often for nothing, and when it should not have",
    )
    .argument('<source...>', SOURCES_HELP)
    .option('--json', 'print the study as one JSON object')
    .addOption(new Option('--csv', 'print every sleep, one a line').conflicts('json'))
    .addHelpText('after', '\nExample:\n  quadro sleep newsroom.db')
    .action(run);
}
