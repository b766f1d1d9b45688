import type { ConnectionOptions } from 'node:tls';
import { ConfigurationError } from '../core/errors.ts';
import type { RetryPolicy } from './kysely/retrying.ts';

/** How to reach a database server, and what may take how long. */
export interface ServerOptions {
  /** `scheme://user:password@host:port/database`; what is given beside it wins. */
  readonly url?: string;
  /** A name, an address, or the path of a Unix socket: its folder on PostgreSQL, its file on MySQL. Default 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /**
   * True for TLS with a certificate that must be valid and made for the host, or Node's own TLS options, such as `ca`.
   * Default false.
   */
  readonly tls?: boolean | ConnectionOptions;
  /** Most connections. Default 8. */
  readonly poolSize?: number;
  /** How long to wait for a free connection of the pool, in milliseconds. Default 5,000. */
  readonly acquireTimeoutMs?: number;
  /** How long connecting may take, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long one statement may take, waiting for locks included, in milliseconds. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** Only reads: nothing is made or migrated, and a board is refused its writes. Default false. */
  readonly readOnly?: boolean;
}

/** {@link ServerOptions} with the URL taken apart and every default filled in. */
export interface ResolvedServerOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: false | ConnectionOptions;
  readonly poolSize: number;
  readonly acquireTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readOnly: boolean;
  readonly retry: RetryPolicy;
  /** The URL's own parameters, each checked by whoever knows it. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The URL without its password. */
  readonly location: string;
}

type Address = Pick<ResolvedServerOptions, 'host' | 'port' | 'user' | 'database'>;

/** What a kind of server brings along. */
export interface ServerDefaults {
  /** The URL schemes it answers to, the first one being its own. */
  readonly schemes: readonly string[];
  readonly port: number;
  readonly user: string;
  /** Names of URL parameters besides `tls`. */
  readonly parameters: readonly string[];
}

/**
 * Conflicts are over in milliseconds, a restarting server in seconds: sixteen attempts whose pauses double from 1 ms to 1 s
 * last some four seconds.
 */
const RETRY: RetryPolicy = { forMs: 30_000, attempts: 16, maxPauseMs: 1_000 };

function refuse(message: string): never {
  throw new ConfigurationError('invalid_configuration', message);
}

function parsedUrl(text: string, { schemes, parameters }: ServerDefaults): URL {
  const wanted = `${schemes[0]}://user:password@host:port/database`;
  const url = URL.canParse(text) ? new URL(text) : refuse(`The database URL cannot be read: give ${wanted}`);
  if (!schemes.includes(url.protocol.slice(0, -1))) {
    refuse(`The database URL begins with ${url.protocol}//, not with ${schemes.join(':// or ')}://: give ${wanted}`);
  }
  // Taken apart as it stands, pieces of a password would pass for a database or a parameter, and be printed.
  if (/@/.test(url.pathname + url.search + url.hash)) {
    refuse('The database URL has an @ behind its host: percent-encode / ? # and @ in the password (%2F %3F %23 %40)');
  }
  const unknown = [...url.searchParams.keys()].filter(name => name !== 'tls' && !parameters.includes(name));
  if (unknown.length > 0) {
    const advice = unknown.some(name => /^ssl/i.test(name))
      ? ': tls=true is TLS with a certificate that must be valid'
      : '';
    const taken = ['tls', ...parameters].join(', ');
    refuse(`The database URL takes the parameters ${taken}, not ${unknown.join(', ')}${advice}`);
  }
  return url;
}

/** `tls=true` in a URL is a certificate that must be valid; anything finer is an option. */
function tlsOf(option: ServerOptions['tls'], parameter: string | null): false | ConnectionOptions {
  // A copy: the driver of PostgreSQL hides the key in what it is given.
  if (typeof option === 'object') return { ...option };
  if (parameter !== null && parameter !== 'true' && parameter !== 'false') refuse('tls in a URL is true or false');
  return (option ?? parameter === 'true') ? {} : false;
}

/** A part of a URL as it is meant; undefined where it is empty. */
function decoded(name: string, part: string | undefined): string | undefined {
  if (!part) return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse(`The ${name} in the database URL has a percent sign that stands for nothing: write it as %25`);
  }
}

/** Whether a host is no host but the path of a Unix socket. */
export function isSocketPath(host: string): boolean {
  return host.startsWith('/');
}

function locationOf(scheme: string, { host, port, user, database }: Address): string {
  // The path of a socket as a URL takes it.
  const path = isSocketPath(host) ? encodeURIComponent(host) : host;
  return `${scheme}://${user}@${path.includes(':') ? `[${path}]` : path}:${port}/${database}`;
}

/** @throws ConfigurationError (`invalid_configuration`); a password is in no message. */
export function resolveServerOptions(options: ServerOptions, defaults: ServerDefaults): ResolvedServerOptions {
  const url = options.url === undefined ? null : parsedUrl(options.url, defaults);
  const resolved = {
    host: options.host ?? decoded('host', url?.hostname.replace(/^\[(.*)\]$/, '$1')) ?? '127.0.0.1',
    port: options.port ?? Number(url?.port || defaults.port),
    user: options.user ?? decoded('user', url?.username) ?? defaults.user,
    password: options.password ?? decoded('password', url?.password),
    database: options.database ?? decoded('name', url?.pathname.slice(1)) ?? '',
    tls: tlsOf(options.tls, url?.searchParams.get('tls') ?? null),
    poolSize: options.poolSize ?? 8,
    acquireTimeoutMs: options.acquireTimeoutMs ?? 5_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
    readOnly: options.readOnly ?? false,
    retry: RETRY,
    parameters: new Map(url?.searchParams ?? []),
  };
  if (resolved.database === '') refuse(`The database has no name: give ${defaults.schemes[0]}://…/database`);
  for (const name of ['port', 'poolSize', 'acquireTimeoutMs', 'connectTimeoutMs', 'statementTimeoutMs'] as const) {
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] < 1) refuse(`${name} must be a whole number from 1`);
  }
  return { ...resolved, location: locationOf(defaults.schemes[0] ?? '', resolved) };
}
