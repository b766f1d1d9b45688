import { Command, CommanderError } from 'commander';
import { packageVersion } from '../board/package-version.ts';
import { errorLine, usageLine } from './error-line.ts';
import { EXIT, FoundFaults, isInterruption, ReaderGone } from './exit.ts';

/** The commands in the order of the help. Each is loaded when it is asked for: most of what a short one takes is loading. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  copy: async () => (await import('./commands/copy.ts')).copyCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  spans: async () => (await import('./commands/spans.ts')).spansCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
  post: async () => (await import('./commands/post.ts')).postCommand(),
  list: async () => (await import('./commands/list.ts')).listCommand(),
  show: async () => (await import('./commands/show.ts')).showCommand(),
  update: async () => (await import('./commands/update.ts')).updateCommand(),
  archive: async () => (await import('./commands/archive.ts')).archiveCommand(),
  metrics: async () => (await import('./commands/metrics.ts')).metricsCommand(),
  dashboards: async () => (await import('./commands/dashboards.ts')).dashboardsCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  flight: async () => (await import('./commands/flight.ts')).flightCommand(),
  sleep: async () => (await import('./commands/sleep.ts')).sleepCommand(),
  compare: async () => (await import('./commands/compare.ts')).compareCommand(),
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand(),
  sql: async () => (await import('./commands/sql.ts')).sqlCommand(),
  check: async () => (await import('./commands/check.ts')).checkCommand(),
  lifecycle: async () => (await import('./commands/lifecycle.ts')).lifecycleCommand(),
  boards: async () => (await import('./commands/boards.ts')).boardsCommand(),
};

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

/** The program with the command that is asked for, or with all of them where none is named. */
async function programOf([asked = '']: readonly string[]): Promise<Command> {
  const program = new Command('quadro')
    .description('A governed task board for multi-agent pipelines, and what its event log tells')
    .version(packageVersion())
    .addHelpText('after', HELP_END);
  const named = Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined;
  for (const load of named === undefined ? Object.values(COMMANDS) : [named]) program.addCommand(await load());
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
    const program = await programOf(argv);
    await program.parseAsync([...argv], { from: 'user' });
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
