import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Certificate } from './certificates.ts';
import { readBytes } from './read-bytes.ts';
import { type Carry, carryMysql, carryPostgres } from './tls-carriers.ts';

/** Stands before a database server that has no TLS, and lets in only who asks for it. */
export interface TlsProxy {
  readonly port: number;
  /** Connections whose client asked for TLS. */
  readonly handshakes: number;
  /** Whether a client said that under TLS. */
  heard(text: string): boolean;
  /** Ends the next connections in the middle of their handshake, with something that is no TLS as its last words. */
  cutNextHandshakes(count: number, lastWords?: string): void;
}

/**
 * Listens on a free port of 127.0.0.1, with that certificate, until the test that runs is over; where an authority is given, it
 * wants a certificate of the client too.
 */
export async function tlsProxy(serverUrl: string, certificate: Certificate, clientCa?: string): Promise<TlsProxy> {
  const { protocol, hostname, port } = new URL(serverUrl);
  const carry: Carry = protocol === 'mysql:' ? carryMysql : carryPostgres;
  const wantsClient = clientCa !== undefined;
  // Without a context of their own, sessions of clients with certificates cannot be taken up again.
  const sessionIdContext = 'quadro test';
  const secureContext = createSecureContext({ ...certificate, sessionIdContext, ...(wantsClient && { ca: clientCa }) });
  const tls = { isServer: true, secureContext, requestCert: wantsClient, rejectUnauthorized: wantsClient };
  const sockets = new Set<Socket>();
  const said: Buffer[] = [];
  let handshakes = 0;
  let cuts = { left: 0, lastWords: '' };

  const listener = createServer(client => {
    const server = connect(Number(port), hostname);
    const secure = async (): Promise<Socket> => {
      handshakes++;
      if (cuts.left-- > 0) {
        await readBytes(client, 1);
        client.end(cuts.lastWords);
        throw new Error('cut');
      }
      return watched(new TLSSocket(client, tls));
    };
    const end = (): void => {
      for (const socket of [client, server]) socket.destroy();
    };
    const watched = (socket: Socket): Socket => {
      sockets.add(socket);
      socket.on('error', end).on('close', () => {
        sockets.delete(socket);
        end();
      });
      return socket;
    };
    watched(client);
    watched(server);
    carry({ client, server, secure, heard: bytes => said.push(bytes) }).then(end, end);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(async () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
    await once(listener, 'close');
  });
  return {
    port: (listener.address() as AddressInfo).port,
    get handshakes() {
      return handshakes;
    },
    heard: text => Buffer.concat(said).includes(text),
    cutNextHandshakes(count, lastWords = '') {
      cuts = { left: count, lastWords };
    },
  };
}
