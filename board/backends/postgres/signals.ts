import { createHash, randomUUID } from 'node:crypto';
import type { Client, ClientConfig } from 'pg';
import type { ChangeSignals } from '../kysely/change-signals.ts';
import { streamOf } from './pool.ts';

/** The pauses between attempts to connect again: they double from the first to the last, in milliseconds. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 5_000;

/** How long a statement of ours may take, and a good-bye, in milliseconds: each is over in one. */
const SILENCE_MS = 10_000;
const CLOSE_MS = 2_000;

/** What {@link PostgresSignals} needs of its backend. */
export interface PostgresSignalsOptions {
  readonly schema: string;
  readonly client: () => Promise<{ readonly Client: typeof Client; readonly config: ClientConfig }>;
}

/**
 * Change signals by LISTEN and NOTIFY, on a connection of their own. A commit is announced after it and not in it: PostgreSQL
 * lets only one transaction that notifies commit at a time, which would make the boards of a database wait for each other.
 * What is lost with a connection is made up for: every listener is called once it is back.
 */
export class PostgresSignals implements ChangeSignals {
  readonly #options: PostgresSignalsOptions;
  /** Tells our own announcements from others'. */
  readonly #sender = randomUUID();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** Boards whose commit is still to be announced. */
  readonly #unannounced = new Set<string>();
  #client: Client | null = null;
  #connecting: Promise<void> | null = null;
  #announcing: Promise<void> | null = null;
  #lastQuery: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: PostgresSignalsOptions) {
    this.#options = options;
  }

  announce(boardId: string): void {
    this.#unannounced.add(this.#channelOf(boardId));
    // One at a time: what is committed meanwhile goes with the next.
    this.#announcing ??= this.#announceAll().finally(() => {
      this.#announcing = null;
    });
  }

  subscribe(boardId: string, listener: () => void): () => void {
    const channel = this.#channelOf(boardId);
    const listeners = this.#listeners.get(channel) ?? new Set();
    const isFirst = listeners.size === 0;
    // A function given twice is called twice.
    const entry = (): void => listener();
    listeners.add(entry);
    this.#listeners.set(channel, listeners);
    if (isFirst) void this.#listen(channel);
    return () => {
      if (!listeners.delete(entry) || listeners.size > 0) return;
      this.#listeners.delete(channel);
      void this.#query(`unlisten ${channel}`).catch(() => undefined);
    };
  }

  /** Announces what is still unannounced, then disconnects. */
  async close(): Promise<void> {
    await this.#announcing;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#connecting;
    const client = this.#client;
    this.#client = null;
    this.#connecting = null;
    if (client === null) return;
    const timer = setTimeout(() => this.#giveUp(client), CLOSE_MS);
    await client.end().catch(() => undefined);
    clearTimeout(timer);
  }

  /** Ends a connection whose other side does not answer. */
  #giveUp(client: Client): void {
    streamOf(client).destroy();
  }

  /** A name that every process of this board makes, whatever characters the board's has. */
  #channelOf(boardId: string): string {
    const digest = createHash('sha256').update(`${this.#options.schema}\0${boardId}`).digest('hex');
    return `quadro_${digest.slice(0, 32)}`;
  }

  async #announceAll(): Promise<void> {
    try {
      while (this.#unannounced.size > 0) {
        await this.#connected();
        const channels = [...this.#unannounced];
        this.#unannounced.clear();
        await this.#query('select pg_notify(channel, $1) from unnest($2::text[]) as channel', [this.#sender, channels]);
      }
    } catch {
      // The others find the commit by their next poll.
    }
  }

  async #listen(channel: string): Promise<void> {
    // A connection that is made now listens to every channel.
    if (this.#client === null) return this.#connected();
    const client = this.#client;
    await this.#query(`listen ${channel}`).then(
      () => this.#call(channel),
      () => this.#lost(client),
    );
  }

  /** One statement after the other: the driver no longer wants to be given several at a time. */
  #query(sql: string, values: readonly unknown[] = []): Promise<unknown> {
    const run = async (): Promise<unknown> => {
      const client = this.#client;
      if (client === null) return null;
      // A server that has fallen silent would keep us waiting for ever; giving it up connects anew.
      const timer = setTimeout(() => this.#giveUp(client), SILENCE_MS);
      return client.query(sql, [...values]).finally(() => clearTimeout(timer));
    };
    const result = this.#lastQuery.then(run, run);
    this.#lastQuery = result.catch(() => undefined);
    return result;
  }

  #connected(): Promise<void> {
    if (this.#client !== null || this.#timer !== null || this.#isClosed) return Promise.resolve();
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    let client: Client | null = null;
    try {
      const { Client, config } = await this.#options.client();
      client = new Client(config);
      const connected = client;
      client.on('error', () => this.#lost(connected));
      client.on('end', () => this.#lost(connected));
      client.on('notification', ({ channel, payload }) => {
        if (payload !== this.#sender) this.#call(channel);
      });
      await client.connect();
      // Announcing needs no flush of the log: a signal that a crash loses is made up for by a poll.
      await client.query("select set_config('synchronous_commit', 'off', false)");
      for (const channel of this.#listeners.keys()) await client.query(`listen ${channel}`);
      this.#client = client;
      this.#pauseMs = FIRST_PAUSE_MS;
      // Whatever was committed before LISTEN took effect was told to nobody.
      for (const channel of this.#listeners.keys()) this.#call(channel);
    } catch {
      await client?.end().catch(() => undefined);
      this.#connectLater();
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#connectLater();
  }

  #connectLater(): void {
    if (this.#isClosed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#connected();
    }, this.#pauseMs).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
  }

  #call(channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) {
      try {
        listener();
      } catch {
        // One that throws must not keep the others from hearing; whoever listens reports its own faults.
      }
    }
  }
}
