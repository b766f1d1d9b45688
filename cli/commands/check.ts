import { Command } from 'commander';
import { type CheckReport, checkLog } from '../../board/check/check.ts';
import { FoundFaults } from '../exit.ts';
import { print, printable, printJson } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP } from '../source.ts';

function checkText({ ok, events, tasks, own, inherited, faults, skipped, digest, board_digest }: CheckReport): string {
  const left = own + inherited - faults.length;
  return [
    ...faults.map(fault => `${fault.inherited ? 'inherited' : 'FAULT'}  ${fault.code}  ${printable(fault.message)}`),
    ...(left > 0 ? [`… and ${left} more`] : []),
    ...skipped.map(each => `not checked  ${printable(each)}`),
    `${ok ? 'The log is whole' : `The log has ${own} faults`}: ${events} events, ${tasks} tasks, ${inherited} inherited faults`,
    `digest ${digest}`,
    ...(board_digest === null ? [] : [`board digest ${board_digest}`]),
  ].join('\n');
}

async function run(text: string, options: { board?: string; json?: boolean }): Promise<void> {
  const source = await openSource(text, options);
  const progress = progressOf('events');
  try {
    const report = await checkLog(source.tables, {
      signal: interruption(),
      onProgress: ({ done, total }) => progress.update(done, total),
    });
    progress.stop();
    if (options.json) await printJson(report);
    else await print(checkText(report));
    if (!report.ok) throw new FoundFaults();
  } finally {
    progress.stop();
    await source.close();
  }
}

/** `quadro check SOURCE` */
export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Prove a log: gapless, every edge legal and linked, folding the events gives the tasks; exit 1 where not',
    )
    .argument('<source>', SOURCE_HELP)
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print the report as one JSON object')
    .addHelpText('after', '\nExample:\n  quadro check newsroom.db')
    .action(run);
}
