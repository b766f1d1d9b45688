import { isIP } from 'node:net';
import type { Board } from '../board.ts';
import { ConfigurationError, errorOf } from '../core/errors.ts';
import { allows, type Caller, PERMISSIONS, type Permission } from './caller.ts';
import type { ResolvedServiceOptions } from './resolve-options.ts';
import { boardAuthorizer } from './tokens/board-authorizer.ts';

const ANONYMOUS: Caller = { name: 'anonymous', token_id: null, permissions: new Set(PERMISSIONS) };

/** Whether an address or name is this machine's own: nobody else reaches it. */
function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === 'localhost' || name === '::1' || name.endsWith('.localhost');
}

/** The name in a `Host` header, without its port and brackets. */
function nameOfHost(header: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(header);
  return bracketed?.[1] ?? header.replace(/:\d*$/, '');
}

/**
 * Without tokens only this machine is trusted, and a web page that its owner visits is not this machine: a name that leads
 * here from outside (DNS rebinding) is refused.
 *
 * @throws AccessError (`forbidden`)
 */
function checkHost(header: string): void {
  if (isLoopback(nameOfHost(header))) return;
  throw errorOf('forbidden', 'A service without tokens answers only as localhost; make a token: quadro token create');
}

/** What of a request says whose it is. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly host?: string | undefined;
}

/** Tells whose a request is. */
export interface Access {
  /** @throws AccessError (`unauthorized`, `forbidden`) */
  callerOf(credentials: Credentials): Promise<Caller>;
}

/** @throws AccessError (`forbidden`) naming the permission. */
export function checkPermission(caller: Caller, needed: Permission): void {
  if (allows(caller, needed)) return;
  throw errorOf('forbidden', `This needs the permission ${needed}, which the token ${caller.name} does not have`, {
    details: { permission: needed },
  });
}

/** By the board's tokens, from the first one on: until there is one, everybody on this machine may do everything. */
async function boardAccess(board: Board, host: string, insecure: boolean): Promise<Access> {
  const authorizer = boardAuthorizer(board);
  // Once there has been a token there always is one: a revoked one counts.
  let hasTokens = await authorizer.hasTokens();
  if (!hasTokens && !insecure && !isLoopback(host)) {
    throw new ConfigurationError(
      'invalid_configuration',
      `Anybody who reaches ${host} could do anything with this board, which has no tokens: make one with quadro token create, listen on 127.0.0.1, or allow it (insecure)`,
      { details: { host } },
    );
  }
  return {
    callerOf: async credentials => {
      hasTokens ||= await authorizer.hasTokens();
      if (hasTokens) return authorizer.callerOf(credentials.authorization);
      if (!insecure) checkHost(credentials.host ?? '');
      return ANONYMOUS;
    },
  };
}

/**
 * Who may do what: by the authorizer that was given, else by the board's own tokens.
 *
 * @throws ConfigurationError (`invalid_configuration`) where everybody could come from elsewhere; StorageError.
 */
export async function accessOf(board: Board, options: ResolvedServiceOptions): Promise<Access> {
  const { authorizer, host, insecure } = options;
  if (authorizer === undefined) return boardAccess(board, host, insecure);
  return { callerOf: credentials => authorizer.callerOf(credentials.authorization) };
}
