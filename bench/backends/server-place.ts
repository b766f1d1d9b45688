import type { BenchDatabase, Inserters, Place } from './place.ts';

/** What a kind of server does in its own way. Database names are made here and need no quotes. */
export interface BenchServer {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  createDatabase(name: string): Promise<unknown>;
  dropDatabase(name: string): Promise<unknown>;
  openInserters(url: string, connections: number): Promise<Inserters>;
  number(url: string, sql: string): Promise<number>;
  close(): Promise<void>;
}

/** A database server as a place: each database of this process has a name that nobody else has. */
export function serverPlace(server: BenchServer): Place {
  const open = new Set<string>();
  let made = 0;
  async function drop(name: string): Promise<void> {
    await server.dropDatabase(name);
    open.delete(name);
  }
  return {
    name: server.name,
    version: server.version,
    async create(): Promise<BenchDatabase> {
      const name = `quadro_bench_${process.pid}_${made++}`;
      open.add(name);
      await server.createDatabase(name);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return {
        url: url.href,
        openInserters: connections => server.openInserters(url.href, connections),
        number: sql => server.number(url.href, sql),
        drop: () => drop(name),
      };
    },
    async close() {
      for (const name of open) await drop(name);
      await server.close();
    },
  };
}
