import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Carries everything to a server, and remembers it. */
export interface WireTap {
  /** Where it listens; 0 at a path. */
  readonly port: number;
  /** How many there have been. */
  readonly connections: number;
  /** Whether that went over the wire, in either direction. */
  holds(text: string): boolean;
}

/** Listens until the test that runs is over, on a free port of 127.0.0.1 or at the path of a Unix socket. */
export async function tapWire(
  server: { readonly port: number; readonly host?: string },
  path?: string,
): Promise<WireTap> {
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = createServer(client => {
    connections++;
    const upstream = connect(server.port, server.host ?? '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', bytes => seen.push(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
      from.pipe(to);
    }
  });
  if (path === undefined) listener.listen(0, '127.0.0.1');
  else listener.listen(path);
  await once(listener, 'listening');
  onTestFinished(async () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
    await once(listener, 'close');
  });
  const port = path === undefined ? (listener.address() as AddressInfo).port : 0;
  return {
    port,
    get connections() {
      return connections;
    },
    holds: text => Buffer.concat(seen).includes(text),
  };
}
