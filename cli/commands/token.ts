import { Command, InvalidArgumentError } from 'commander';
import type { Board } from '../../board/board.ts';
import { errorOf } from '../../board/core/errors.ts';
import { isoOf, type Micros } from '../../board/core/time.ts';
import { PERMISSIONS, type Permission } from '../../board/service/caller.ts';
import type { TokenInfo } from '../../board/service/tokens/token-store.ts';
import { createToken, listTokens, revokeToken } from '../../board/service/tokens/tokens.ts';
import { ageMs } from '../age.ts';
import { print, printable, printJson, table } from '../output.ts';
import { BOARD_HELP, openBoardToWrite, openOneBoard } from '../source.ts';

interface TokenCommandOptions {
  readonly board?: string;
  readonly json?: boolean;
}

interface CreateOptions extends TokenCommandOptions {
  readonly name: string;
  readonly allow: readonly Permission[];
  readonly expires?: number;
}

async function withBoard<Result>(
  url: string,
  open: () => Promise<Board>,
  use: (board: Board) => Promise<Result>,
): Promise<Result> {
  if (/^https?:\/\//i.test(url)) {
    throw errorOf('invalid_source', `Tokens are kept with their board, not its service: give ${BOARD_HELP}`);
  }
  const board = await open();
  try {
    return await use(board);
  } finally {
    await board.close();
  }
}

/** One more permission, or several with commas between. @throws InvalidArgumentError */
function onePermissionMore(text: string, before: readonly Permission[] = []): readonly Permission[] {
  const names = text.split(',').map(each => each.trim());
  const isPermission = (name: string): name is Permission => (PERMISSIONS as readonly string[]).includes(name);
  if (!names.every(isPermission)) throw new InvalidArgumentError(`It must be among ${PERMISSIONS.join(', ')}.`);
  return [...before, ...names];
}

const timeOf = (time: Micros | null): string | null => (time === null ? null : isoOf(time));

function onWire({ created_at, expires_at, revoked_at, ...token }: TokenInfo): object {
  return {
    ...token,
    created_at: timeOf(created_at),
    expires_at: timeOf(expires_at),
    revoked_at: timeOf(revoked_at),
  };
}

/** A service is told who may come before it is first started, so the board is made where it is not there. */
async function create(url: string, { board, name, allow, expires, json }: CreateOptions): Promise<void> {
  await withBoard(
    url,
    () => openBoardToWrite(url, board, true),
    async opened => {
      const expiresAt = expires === undefined ? null : (Date.now() + expires) * 1_000;
      const { token, ...info } = await createToken(opened, { name, permissions: allow, expiresAt });
      if (json) return printJson({ ...onWire(info), token });
      return print(token);
    },
  );
}

async function list(url: string, { board, json }: TokenCommandOptions): Promise<void> {
  await withBoard(
    url,
    () => openOneBoard(url, board),
    async opened => {
      const tokens = await listTokens(opened);
      if (json) return printJson(tokens.map(onWire));
      const rows = tokens.map(({ token_id, name, permissions, created_at, expires_at, revoked_at }) => [
        token_id,
        name,
        permissions.join(','),
        timeOf(created_at),
        timeOf(expires_at),
        timeOf(revoked_at),
      ]);
      return print(table(['token_id', 'name', 'permissions', 'created_at', 'expires_at', 'revoked_at'], rows));
    },
  );
}

async function revoke(url: string, tokenId: string, { board, json }: TokenCommandOptions): Promise<void> {
  await withBoard(
    url,
    () => openBoardToWrite(url, board),
    async opened => {
      const token = await revokeToken(opened, tokenId);
      if (json) return printJson(onWire(token));
      return print(printable(`${token.token_id}: ${token.name} may nothing any more`));
    },
  );
}

const withBoardOptions = (command: Command): Command =>
  command
    .argument('<url>', BOARD_HELP)
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print one JSON value');

function createSubcommand(): Command {
  return withBoardOptions(new Command('create').description('Make a token, and print it: that once'))
    .requiredOption('--name <name>', 'who or what it is for; the log and the audit name it')
    .requiredOption(
      '--allow <permissions>',
      `what it may: ${PERMISSIONS.join(', ')}; several with commas`,
      onePermissionMore,
    )
    .option('--expires <age>', 'when it expires, from now: 12h, 90d; default never', ageMs)
    .addHelpText('after', '\nExample:\n  quadro token create newsroom.db --name ci --allow read,post --expires 90d')
    .action(create);
}

/** `quadro token create|list|revoke URL` */
export function tokenCommand(): Command {
  return new Command('token')
    .description('Make, list and revoke the tokens that a service asks for')
    .addHelpText('after', '\nExample:\n  quadro token create newsroom.db --name ci --allow read,post')
    .addCommand(createSubcommand())
    .addCommand(
      withBoardOptions(new Command('list').description('List the tokens; what is secret of them is kept nowhere'))
        .addHelpText('after', '\nExample:\n  quadro token list newsroom.db')
        .action(list),
    )
    .addCommand(
      withBoardOptions(new Command('revoke').description('Make a token useless, in every service within two seconds'))
        .argument('<token_id>', 'the twelve digits after qdr_, as list shows them')
        .addHelpText('after', '\nExample:\n  quadro token revoke newsroom.db 0f3a61c28e5d')
        .action(revoke),
    );
}
