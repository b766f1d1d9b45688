import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { CallOptions } from '../../board/core/intents.ts';
import { TOKEN_FILE_HELP } from '../bearer-token.ts';
import { TARGET_HELP } from './target.ts';

/** Adds the argument that names the board, which comes before all others. */
export function withTargetArgument(command: Command): Command {
  return command.addArgument(new Argument('<source>', TARGET_HELP));
}

/** Adds the options that say which board, who asks, and how it is printed. */
export function withTargetOptions(command: Command): Command {
  return command
    .option('--board <name>', 'which board, where the database holds several')
    .option('--token-file <file>', TOKEN_FILE_HELP)
    .option('--json', 'print one JSON value');
}

/** Adds the options of commands that write. */
export function withWriteOptions(command: Command): Command {
  return withTargetOptions(
    command
      .option('--actor <name>', "who asks, as the log keeps it; default: of a service, the token's name")
      .option('--key <key>', 'an idempotency key: the same command again does nothing more, and says the same'),
  );
}

/** Whom and under which key a command writes. */
export interface WriteOptions {
  readonly actor?: string;
  readonly key?: string;
}

/** The same, as the board takes it. */
export function callOptionsOf({ actor, key }: WriteOptions): CallOptions {
  return { ...(actor !== undefined && { actor }), ...(key !== undefined && { idempotencyKey: key }) };
}

/** A whole number. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^-?\d{1,15}$/.test(text)) return number;
  throw new InvalidArgumentError('It must be a whole number.');
}

/** A number of rows. @throws InvalidArgumentError */
export function rowCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
