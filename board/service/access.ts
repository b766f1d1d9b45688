import { isIP } from 'node:net';
import { ConfigurationError, errorOf } from '../core/errors.ts';
import { type Authorizer, allows, type Caller, PERMISSIONS, type Permission } from './caller.ts';
import type { ResolvedServiceOptions } from './resolve-options.ts';

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

/** Who may do what with a service. */
export class Access {
  readonly #authorizer: Authorizer | null;
  readonly #checksHost: boolean;

  /** Without an authorizer everybody may do everything: {@link accessOf} sees to it that nobody else can reach it then. */
  constructor(authorizer: Authorizer | null, checksHost: boolean) {
    this.#authorizer = authorizer;
    this.#checksHost = checksHost;
  }

  /** @throws AccessError (`unauthorized`) */
  callerOf(authorization: string | undefined): Promise<Caller> | Caller {
    return this.#authorizer === null ? ANONYMOUS : this.#authorizer.callerOf(authorization);
  }

  /**
   * Without tokens only this machine is trusted, and a web page that its owner visits is not this machine: a name that leads
   * here from outside (DNS rebinding) is refused.
   *
   * @throws AccessError (`forbidden`)
   */
  checkHost(header: string): void {
    if (!this.#checksHost || isLoopback(nameOfHost(header))) return;
    throw errorOf('forbidden', 'A service without tokens answers only as localhost; make a token: quadro token create');
  }
}

/** @throws AccessError (`forbidden`) naming the permission. */
export function checkPermission(caller: Caller, needed: Permission): void {
  if (allows(caller, needed)) return;
  throw errorOf('forbidden', `This needs the permission ${needed}, which the token ${caller.name} does not have`, {
    details: { permission: needed },
  });
}

/**
 * Who may do what, by the authorizer that was given; without one everybody, on this machine's own address.
 *
 * @throws ConfigurationError (`invalid_configuration`) where everybody could come from elsewhere.
 */
export function accessOf({ authorizer, host, insecure }: ResolvedServiceOptions): Access {
  if (authorizer !== undefined) return new Access(authorizer, false);
  if (!isLoopback(host) && !insecure) {
    throw new ConfigurationError(
      'invalid_configuration',
      `Anybody who reaches ${host} could do anything with this board, which has no tokens: make one with quadro token create, listen on 127.0.0.1, or allow it (insecure)`,
      { details: { host } },
    );
  }
  return new Access(null, !insecure);
}
