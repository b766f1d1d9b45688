import { type Command, InvalidArgumentError, Option } from 'commander';
import { GRACE_HELP, graceSeconds } from './grace-seconds.ts';

/** The options of every command that opens sources for questions. */
export interface SourceOptions {
  readonly board?: string;
  readonly allBoards?: boolean;
  readonly cache?: string;
  readonly memoryLimit?: string;
  readonly spill?: string;
  readonly threads?: number;
  readonly grace?: number;
}

function threadCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

/** Gives a command the options by which sources are opened for questions. */
export function withSourceOptions(command: Command): Command {
  return command
    .option('--board <name>', 'which board, where the database holds several')
    .addOption(new Option('--all-boards', 'all boards of the database as one log').conflicts('board'))
    .option(
      '--cache <file>',
      'keep what was loaded in this DuckDB file, so that the next time only what is new is read',
    )
    .option('--memory-limit <size>', 'memory that DuckDB may use before it spills to disk, such as 512MB; default 2GB')
    .option('--spill <dir>', 'where it spills; default a folder of its own under the temporary one')
    .option('--threads <n>', 'threads it works with; default one a core', threadCount)
    .option('--grace <seconds>', GRACE_HELP, graceSeconds);
}
