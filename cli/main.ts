import { Command, CommanderError } from 'commander';
import { QuadroError } from '../board/core/errors.ts';
import { packageVersion } from '../board/package-version.ts';
import { boardsCommand } from './commands/boards.ts';
import { checkCommand } from './commands/check.ts';
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
import { EXIT, FoundFaults } from './exit.ts';
import { printable } from './output.ts';

const COMMANDS = [
  demoCommand,
  importCommand,
  exportCommand,
  spansCommand,
  metricsCommand,
  reportCommand,
  flightCommand,
  sleepCommand,
  sqlCommand,
  checkCommand,
  lifecycleCommand,
  boardsCommand,
];

function programOf(): Command {
  const program = new Command('quadro')
    .description('A governed task board for multi-agent pipelines, and what its event log tells')
    .version(packageVersion())
    .showHelpAfterError('(add --help for the options and an example)')
    .showSuggestionAfterError()
    .exitOverride();
  for (const command of COMMANDS) program.addCommand(command().exitOverride().showHelpAfterError('(add --help)'));
  return program;
}

/** An error in one line that says what to do. */
function lineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof QuadroError ? ` (${error.code})` : '';
  return `quadro: ${printable(message)}${code}\n`;
}

/** A reader that went away (`quadro sql … | head`) is no fault of ours. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/**
 * Runs one command line.
 *
 * @param argv Without the runtime and the script.
 * @returns The exit code: 0 done, 1 found faults, 2 bad use or could not be done.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await programOf().parseAsync([...argv], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof FoundFaults) return EXIT.faults;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badUse;
    if (isBrokenPipe(error)) return EXIT.done;
    process.stderr.write(lineOf(error));
    if (process.env.QUADRO_DEBUG) console.error(error);
    return EXIT.badUse;
  }
}
