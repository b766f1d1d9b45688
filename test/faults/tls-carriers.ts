import type { Socket } from 'node:net';
import { readBytes } from './read-bytes.ts';

/** A connection whose client wants TLS, and whose server has none. */
export interface Carried {
  readonly client: Socket;
  readonly server: Socket;
  /** Makes the client's side secure; what goes over it is plain. */
  secure(): Promise<Socket>;
  /** Told what the client said in secret. */
  heard(bytes: Buffer): void;
}

/** Carries a connection until it ends; rejects then, or where the client does not ask for TLS. */
export type Carry = (carried: Carried) => Promise<void>;

/** The packet by which a client asks: 8 bytes, code 80877103. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const POSTGRES_REQUEST = Buffer.from('0000000804d2162f', 'hex');

/** PostgreSQL: the client asks, hears `S`, and begins as if nothing had been said before. */
export const carryPostgres: Carry = async ({ client, server, secure, heard }) => {
  const request = await readBytes(client, POSTGRES_REQUEST.length);
  if (!request.equals(POSTGRES_REQUEST)) throw new Error('the client did not ask for TLS');
  client.write('S');
  const secured = await secure();
  server.pipe(secured);
  for await (const bytes of secured) {
    heard(bytes);
    server.write(bytes);
  }
};

/** The capability CLIENT_SSL, in the second byte of the flags. */
const SSL_FLAG = 0x08;
/** Bytes of a packet's header: three of length, one that counts the packets of an exchange. */
const HEADER = 4;

async function readPacket(socket: Socket): Promise<Buffer> {
  const header = await readBytes(socket, HEADER);
  return Buffer.concat([header, await readBytes(socket, header.readUIntLE(0, 3))]);
}

/** The same packet with another count, and with bits of one byte of its payload set or cleared. */
function changed(packet: Buffer, { by = 0, at = 0, set = 0, clear = 0 }): Buffer {
  const copy = Buffer.from(packet);
  copy[HEADER - 1] = ((copy[HEADER - 1] ?? 0) + by) & 0xff;
  const index = HEADER + at;
  if (set + clear > 0) copy[index] = ((copy[index] ?? 0) | set) & ~clear;
  return copy;
}

/**
 * MySQL: the server's greeting is made to offer TLS, and the client asks by a short packet before its answer. The server does
 * not get that packet, so that until the client's first command the two count differently.
 *
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
 */
export const carryMysql: Carry = async ({ client, server, secure, heard }) => {
  const greeting = await readPacket(server);
  // Behind the version, which ends with a NUL: 4 bytes of the connection's number, 8 of a challenge, one of filler.
  const lowerFlags = greeting.indexOf(0, HEADER + 1) - HEADER + 1 + 4 + 8 + 1;
  client.write(changed(greeting, { at: lowerFlags + 1, set: SSL_FLAG }));
  const request = await readPacket(client);
  if (((request[HEADER + 1] ?? 0) & SSL_FLAG) === 0) throw new Error('the client did not ask for TLS');
  const secured = await secure();
  let isAuthenticating = true;
  const carryAnswers = async (): Promise<void> => {
    for (;;) {
      const answer = await readPacket(server);
      secured.write(isAuthenticating ? changed(answer, { by: 1 }) : answer);
    }
  };
  const carryRequests = async (): Promise<void> => {
    server.write(changed(await readPacket(secured), { by: -1, at: 1, clear: SSL_FLAG }));
    for (;;) {
      const packet = await readPacket(secured);
      if (packet[HEADER - 1] === 0) isAuthenticating = false;
      heard(packet);
      server.write(isAuthenticating ? changed(packet, { by: -1 }) : packet);
    }
  };
  await Promise.all([carryAnswers(), carryRequests()]);
};
