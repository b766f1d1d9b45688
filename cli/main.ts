import { Command, CommanderError } from 'commander';
import { packageVersion } from '../board/package-version.ts';
import { boardsCommand } from './commands/boards.ts';
import { checkCommand } from './commands/check.ts';
import { copyCommand } from './commands/copy.ts';
import { dashboardsCommand } from './commands/dashboards.ts';
import { demoCommand } from './commands/demo.ts';
import { exportCommand } from './commands/export.ts';
import { flightCommand } from './commands/flight.ts';
import { importCommand } from './commands/import.ts';
import { lifecycleCommand } from './commands/lifecycle.ts';
import { metricsCommand } from './commands/metrics.ts';
import { reportCommand } from './commands/report.ts';
import { sleepCommand } from './commands/sleep.ts';
import { spansCommand } from './commands/spans.ts';
import { sqlCommand } from './commands/sql.ts';
import { errorLine, usageLine } from './error-line.ts';
import { EXIT, FoundFaults, isInterruption, ReaderGone } from './exit.ts';

const COMMANDS = [
  demoCommand,
  importCommand,
  copyCommand,
  exportCommand,
  spansCommand,
  metricsCommand,
  dashboardsCommand,
  reportCommand,
  flightCommand,
  sleepCommand,
  sqlCommand,
  checkCommand,
  lifecycleCommand,
  boardsCommand,
];

const HELP_END = `
Examples:
    quadro demo
    quadro report newsroom.db
    quadro COMMAND --help

Exit codes: 0 done, 1 found faults, 2 bad use or could not be done, 130 interrupted`;

/** Gives a command and those under it the conventions of docs/cli.md: whatever is wrong is said in one line on stderr. */
function withConventions(command: Command, path: string): Command {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(usageLine(text, path)) });
  for (const each of command.commands) withConventions(each, `${path} ${each.name()}`);
  return command;
}

function programOf(): Command {
  const program = new Command('quadro')
    .description('A governed task board for multi-agent pipelines, and what its event log tells')
    .version(packageVersion())
    .addHelpText('after', HELP_END);
  for (const command of COMMANDS) program.addCommand(command());
  return withConventions(program, 'quadro');
}

/**
 * Runs one command line.
 *
 * @param argv Without the runtime and the script.
 * @returns The exit code: 0 done, 1 found faults, 2 bad use or could not be done, 130 interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  // Whoever writes is told through its own callback; without a listener the process would die of it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    await programOf().parseAsync([...argv], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof FoundFaults) return EXIT.faults;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badUse;
    if (error instanceof ReaderGone) return EXIT.done;
    process.stderr.write(errorLine(error));
    if (process.env.QUADRO_DEBUG) console.error(error);
    return isInterruption(error) ? EXIT.interrupted : EXIT.badUse;
  }
}
