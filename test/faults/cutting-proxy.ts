import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** What becomes of a commit that is to be cut: the server gets it and its answer is lost, or it never arrives. */
export type Cut = 'answer' | 'request';

/** Stands between a database's client and its server, and cuts the connection at a commit. */
export interface CuttingProxy {
  readonly port: number;
  /** How often a commit was cut so far. */
  readonly cuts: number;
  /** Cuts the next commits in these ways, in order; whatever comes after goes through. */
  cutNext(...cuts: readonly Cut[]): void;
  /** From now on no connection is made, and those there are end; or the other way round. */
  setReachable(isReachable: boolean): void;
  /** From now on nothing is carried either way and nothing is ended, as when a machine is gone. */
  fallSilent(): void;
  /** Ends every connection and listens no more, as a server that is restarted. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The statement COMMIT as drivers send it: at the end of a packet, with or without a NUL. */
const COMMIT = /[^a-z_]commit\0?$/;

/** Listens on a free port and carries everything to the server at `host` and `port`. */
export async function cuttingProxy(host: string, port: number): Promise<CuttingProxy> {
  const waiting: Cut[] = [];
  const sockets = new Set<Socket>();
  let cuts = 0;
  let isReachable = true;
  let isSilent = false;

  const server = createServer(client => {
    if (!isReachable) {
      client.destroy();
      return;
    }
    const upstream = connect(port, host);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    let isAnswerLost = false;
    client.on('data', chunk => {
      if (isSilent) return;
      const cut = COMMIT.test(chunk.subarray(-20).toString('latin1')) ? waiting.shift() : undefined;
      if (cut === undefined) {
        upstream.write(chunk);
        return;
      }
      cuts++;
      if (cut === 'request') {
        end();
        return;
      }
      isAnswerLost = true;
      upstream.write(chunk);
    });
    upstream.on('data', chunk => {
      if (isSilent) return;
      // The server has answered, so it has committed; the client never hears of it.
      if (isAnswerLost) end();
      else client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: ownPort } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  return {
    port: ownPort,
    get cuts() {
      return cuts;
    },
    cutNext: (...next) => void waiting.push(...next),
    setReachable(value) {
      isReachable = value;
      if (!value) for (const socket of sockets) socket.destroy();
    },
    fallSilent() {
      isSilent = true;
    },
    stop,
    async restart() {
      server.listen(ownPort, '127.0.0.1');
      await once(server, 'listening');
    },
    close: stop,
  };
}
