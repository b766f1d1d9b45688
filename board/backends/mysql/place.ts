import { connect, isIP, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { PoolOptions, SslOptions } from 'mysql2';
import { ConfigurationError } from '../../core/errors.ts';
import { isSocketPath, type ResolvedServerOptions } from '../server-options.ts';

type Place = Pick<PoolOptions, 'host' | 'port' | 'socketPath' | 'ssl' | 'stream'>;

/** Node's TLS options that the driver hands on; it drops the others without a word. */
const TLS_OPTIONS = ['ca', 'cert', 'key', 'passphrase', 'ciphers', 'minVersion', 'maxVersion', 'rejectUnauthorized'];

/**
 * Where the server is, and how the connection to it is kept secret, as the driver takes it.
 *
 * @throws ConfigurationError (`invalid_configuration`) for a TLS option that the driver would drop.
 */
export function placeOf({ host, port, tls }: Pick<ResolvedServerOptions, 'host' | 'port' | 'tls'>): Place {
  if (isSocketPath(host)) return { socketPath: host, ...(tls !== false && { ssl: sslOf(tls) }) };
  if (tls === false) return { host, port };
  return { host, port, ssl: sslOf(tls), ...(isIP(host) !== 0 && { stream: () => socketTo(host, port) }) };
}

function sslOf(tls: ConnectionOptions): SslOptions {
  const given = Object.entries(tls).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const dropped = given.filter(name => !TLS_OPTIONS.includes(name));
  if (dropped.length > 0) {
    const message = `tls takes ${TLS_OPTIONS.join(', ')} here, not ${dropped.join(', ')}: the driver mysql2 has no such option`;
    throw new ConfigurationError('invalid_configuration', message);
  }
  const rejectUnauthorized = tls.rejectUnauthorized !== false;
  // By itself the driver takes a certificate of any host.
  return { ...(tls as SslOptions), rejectUnauthorized, verifyIdentity: rejectUnauthorized };
}

/**
 * A socket to an address. The driver tells TLS a server's name and not its address; what TLS then compares a certificate with
 * is the name that its socket has looked up, in this field, and without one `localhost`.
 */
function socketTo(host: string, port: number): Socket {
  return Object.assign(connect({ host, port, keepAlive: true, noDelay: true }), { _host: host });
}
