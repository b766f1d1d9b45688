import { Command, InvalidArgumentError, Option } from 'commander';
import type { Board } from '../../board/board.ts';
import { errorOf } from '../../board/core/errors.ts';
import { isoOf, type Micros } from '../../board/core/time.ts';
import { PERMISSIONS, type Permission } from '../../board/service/caller.ts';
import type { TokenInfo } from '../../board/service/tokens/token-store.ts';
import { createToken, isLive, listTokens, revokeToken } from '../../board/service/tokens/tokens.ts';
import { ageMs } from '../age.ts';
import { print, printable, printJson, table } from '../output.ts';
import { BOARD_HELP, openBoardToWrite } from '../source.ts';

interface TokenOptions {
  readonly board?: string;
  readonly json?: boolean;
}

interface CreateOptions extends TokenOptions {
  readonly name: string;
  readonly permission: readonly Permission[];
  /** How long it is good, in milliseconds. */
  readonly expires?: number;
}

const iso = (time: Micros | null): string | null => (time === null ? null : isoOf(time));

/** A token as JSON: times as they are everywhere. */
function tokenJson(token: TokenInfo): object {
  const { created_at, expires_at, revoked_at } = token;
  return { ...token, created_at: iso(created_at), expires_at: iso(expires_at), revoked_at: iso(revoked_at) };
}

async function onBoard<Result>(
  source: string,
  { board: name }: TokenOptions,
  canMake: boolean,
  use: (board: Board) => Promise<Result>,
): Promise<Result> {
  if (/^https?:\/\//i.test(source)) {
    throw errorOf('invalid_source', `Tokens are kept with their board: give its database, ${BOARD_HELP}`);
  }
  const board = await openBoardToWrite(source, name, canMake);
  try {
    return await use(board);
  } finally {
    await board.close();
  }
}

function oneMorePermission(text: string, before: readonly Permission[] = []): readonly Permission[] {
  const permission = PERMISSIONS.find(each => each === text);
  if (permission !== undefined) return [...before, permission];
  throw new InvalidArgumentError(`It must be one of ${PERMISSIONS.join(', ')}.`);
}

async function create(source: string, options: CreateOptions): Promise<void> {
  const { name, permission, expires, json } = options;
  const expiresAt = expires === undefined ? null : (Date.now() + expires) * 1_000;
  const made = await onBoard(source, options, true, board => {
    return createToken(board, { name, permissions: permission, expiresAt });
  });
  if (json) await printJson(tokenJson(made));
  else {
    await print(made.token);
    process.stderr.write(printable(`${made.token_id} for ${made.name}: it is shown this once, and kept nowhere`));
    process.stderr.write('\n');
  }
}

function standingOf(token: TokenInfo): string {
  if (token.revoked_at !== null) return `revoked ${isoOf(token.revoked_at)}`;
  if (!isLive(token, Date.now() * 1_000)) return 'expired';
  return token.expires_at === null ? 'good' : `good until ${isoOf(token.expires_at)}`;
}

async function list(source: string, options: TokenOptions): Promise<void> {
  const tokens = await onBoard(source, options, false, listTokens);
  if (options.json) return printJson(tokens.map(tokenJson));
  const rows = tokens.map(each => [
    each.token_id,
    each.name,
    each.permissions.join(', '),
    isoOf(each.created_at),
    standingOf(each),
  ]);
  await print(table(['token', 'name', 'permissions', 'made', ''], rows));
}

async function revoke(source: string, tokenId: string, options: TokenOptions): Promise<void> {
  const token = await onBoard(source, options, false, board => revokeToken(board, tokenId));
  if (options.json) await printJson(tokenJson(token));
  else await print(printable(`${token.token_id} (${token.name}): ${standingOf(token)}; services know within 2 s`));
}

function onTokens(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<source>', BOARD_HELP)
    .option('--board <name>', 'which board, where the database holds several');
}

function createCommand(): Command {
  return onTokens('create', 'Make a token and print it, this once; a board that is not there is made')
    .requiredOption('--name <name>', 'whom or what it is for')
    .addOption(
      new Option('--permission <permission>', `what it allows: ${PERMISSIONS.join(', ')}; may be repeated`)
        .argParser(oneMorePermission)
        .makeOptionMandatory(),
    )
    .option('--expires <age>', 'how long it is good, such as 90d; else until it is revoked', ageMs)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  quadro token create newsroom.db --name ci --permission read --permission post')
    .action(create);
}

/** `quadro token create|list|revoke SOURCE` */
export function tokenCommand(): Command {
  const command = new Command('token')
    .description('Make, list and revoke the tokens by which a service knows its callers')
    .addHelpText('after', '\nExample:\n  quadro token create newsroom.db --name ci --permission post');
  command.addCommand(createCommand());
  command.addCommand(
    onTokens('list', 'List the tokens of a board, the revoked and expired too')
      .option('--json', 'print one JSON array')
      .addHelpText('after', '\nExample:\n  quadro token list newsroom.db')
      .action(list),
  );
  command.addCommand(
    onTokens('revoke', 'Revoke a token')
      .argument('<token_id>', 'the 12 digits that name it')
      .option('--json', 'print one JSON object')
      .addHelpText('after', '\nExample:\n  quadro token revoke newsroom.db 0f3a61c28e5d')
      .action(revoke),
  );
  return command;
}
