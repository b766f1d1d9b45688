import { Command } from 'commander';
import { checkLog } from '../../board/check/check.ts';
import { FoundFaults } from '../exit.ts';
import { print, printable, printJson } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP } from '../source.ts';

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
    else {
      const lines = report.faults.map(
        fault => `${fault.inherited ? 'inherited' : 'FAULT'}  ${fault.code}  ${printable(fault.message)}`,
      );
      const own = report.faults.filter(fault => !fault.inherited).length;
      const verdict = own === 0 ? 'The log is whole' : `${own} faults`;
      lines.push(
        `${verdict}: ${report.events} events, ${report.tasks} tasks, ${report.faults.length - own} inherited faults; digest ${report.digest}`,
      );
      await print(lines.join('\n'));
    }
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
