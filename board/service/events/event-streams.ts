import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { WatchedBoard } from '../../agents/board-watch.ts';
import { errorOf } from '../../core/errors.ts';
import type { LogSource } from '../../log-source.ts';
import { type EventFilter, eventMatcher } from './event-filter.ts';
import { EventPages } from './event-pages.ts';
import { EventStream, type StreamEnd } from './event-stream.ts';
import { EventTail } from './event-tail.ts';

/** Streams that are served in one turn: between two the board and other requests have theirs. */
const STREAMS_A_TURN = 16;

/** A board whose events can be streamed: a `Board` is one. */
export interface StreamedBoard extends WatchedBoard, Pick<LogSource, 'taskEvents'> {}

/** How events are streamed. */
export interface EventStreamsOptions {
  /** Time between two heartbeats of a stream that has nothing to send, in seconds. Default 15. */
  readonly heartbeatSeconds?: number;
  /** How often the board is asked for what other processes have committed, in seconds. Default 1. */
  readonly pollSeconds?: number;
  /** A client that takes nothing for so many seconds while there is something for it is dropped. Default 30. */
  readonly stallSeconds?: number;
  /** How long a client is told to wait before it connects again, in seconds. Default 2. */
  readonly retrySeconds?: number;
  /** Most streams at a time. Default 2,000. */
  readonly maxStreams?: number;
  /** Most bytes of recent events kept for all streams. Default 8 MiB. */
  readonly ringBytes?: number;
  /** Most recent events kept for all streams. Default 10,000. */
  readonly ringEvents?: number;
  /** Told of failures that the streams survive, such as a database that is away. Default: nobody is. */
  readonly onError?: (message: string, error: unknown) => void;
}

/** What a client asks for. */
export interface OpenStream {
  /** The last event it has; null: it wants those from now on. */
  readonly after: number | null;
  readonly filter?: EventFilter;
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the streams hold and have done. */
export interface EventStreamsStats {
  readonly clients: number;
  /** Bytes that wait for clients in this process. */
  readonly buffered_bytes: number;
  /** Bytes of recent events, kept once for all clients. */
  readonly ring_bytes: number;
  /** Streams opened so far. */
  readonly opened: number;
  /** Clients that were dropped because they took nothing. */
  readonly dropped: number;
  /** Pages read for clients that were behind what is kept. */
  readonly page_reads: number;
}

/** The event streams of a board. */
export interface EventStreams {
  /**
   * Answers a request with a stream; resolves when its head is on its way, with a promise of why the stream ended.
   *
   * @throws QuadroError before anything was written: `overloaded`, `closed`, `cursor_beyond_log`, StorageError.
   */
  open(response: ServerResponse, request: OpenStream): Promise<{ readonly closed: Promise<StreamEnd> }>;
  stats(): EventStreamsStats;
  /** Ends every stream with a comment; those that have not taken it by then are cut off. Default 2 s. */
  close(graceSeconds?: number): Promise<void>;
}

/**
 * Streams a board's events to any number of clients as server-sent events. The log is followed once, each event is written
 * once, and a client costs what waits for it: at most 64 KiB and one event.
 *
 * @example
 * const streams = eventStreams(board);
 * createServer((_, response) => void streams.open(response, { after: null })).listen(8080);
 */
export function eventStreams(board: StreamedBoard, options: EventStreamsOptions = {}): EventStreams {
  return new BoardStreams(board, options);
}

class BoardStreams implements EventStreams {
  readonly #board: StreamedBoard;
  readonly #options: Required<EventStreamsOptions>;
  readonly #tail: EventTail;
  readonly #pages: EventPages;
  readonly #streams = new Set<EventStream>();
  #timer: NodeJS.Timeout | null = null;
  #opening = 0;
  #opened = 0;
  #dropped = 0;
  #isServing = false;
  #hasNews = false;
  #closing: Promise<void> | null = null;

  constructor(board: StreamedBoard, options: EventStreamsOptions) {
    this.#board = board;
    this.#options = resolved(options);
    const { pollSeconds, ringBytes, ringEvents, onError } = this.#options;
    this.#pages = new EventPages(board);
    this.#tail = new EventTail(board, {
      pollSeconds,
      maxBytes: ringBytes,
      maxEvents: ringEvents,
      onNews: () => void this.#serve(),
      onReplaced: () => {
        for (const stream of this.#streams) stream.finish('log_replaced');
      },
      onError,
    });
  }

  async open(response: ServerResponse, request: OpenStream): Promise<{ readonly closed: Promise<StreamEnd> }> {
    const { maxStreams } = this.#options;
    this.#refuseClosed();
    if (this.#streams.size + this.#opening >= maxStreams) {
      const message = `There are ${maxStreams} event streams already: try again later, or raise maxStreams`;
      throw errorOf('overloaded', message, { details: { max_streams: maxStreams } });
    }
    this.#opening++;
    try {
      await this.#tail.start();
      await this.#refuseBeyondLog(request.after);
      this.#refuseClosed();
      return { closed: this.#begin(response, request).closed };
    } finally {
      this.#opening--;
    }
  }

  stats(): EventStreamsStats {
    return {
      clients: this.#streams.size,
      buffered_bytes: this.#streams.values().reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
      ring_bytes: this.#tail.ring.bytes,
      opened: this.#opened,
      dropped: this.#dropped,
      page_reads: this.#pages.count,
    };
  }

  close(graceSeconds = 2): Promise<void> {
    this.#closing ??= this.#close(graceSeconds);
    return this.#closing;
  }

  #refuseClosed(): void {
    if (this.#closing !== null) throw errorOf('closed', 'The event streams are closed: connect again later');
  }

  async #refuseBeyondLog(after: number | null): Promise<void> {
    if (after === null || after <= this.#tail.ring.last) return;
    // Another process may have committed what this one has not seen yet.
    const { next_sequence_id } = await this.#board.board();
    if (after < next_sequence_id) return;
    throw errorOf(
      'cursor_beyond_log',
      `Event ${after} lies beyond the end of the log, ${next_sequence_id - 1}: the board was replaced, or restored from an older backup; decide from where to go on`,
      { details: { after, last_sequence_id: next_sequence_id - 1 } },
    );
  }

  #begin(response: ServerResponse, { after, filter = {}, headers = {} }: OpenStream): EventStream {
    const { heartbeatSeconds, stallSeconds, retrySeconds, onError } = this.#options;
    response.writeHead(200, {
      ...headers,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // The end of a stream is the end of its connection.
      Connection: 'close',
      'X-Accel-Buffering': 'no',
    });
    response.socket?.setTimeout(0);
    response.socket?.setKeepAlive(true, heartbeatSeconds * 1000);
    const host = {
      tail: this.#tail,
      pages: this.#pages,
      heartbeatMs: heartbeatSeconds * 1000,
      stallMs: stallSeconds * 1000,
      onError,
    };
    const start = {
      position: after ?? this.#tail.ring.last,
      matcher: eventMatcher(filter),
      retryMs: Math.round(retrySeconds * 1000),
    };
    const stream = new EventStream(response, host, start);
    this.#streams.add(stream);
    this.#opened++;
    void stream.closed.then(end => {
      this.#streams.delete(stream);
      if (end === 'stalled') this.#dropped++;
    });
    this.#timer ??= setInterval(() => void this.#tick(), (Math.min(heartbeatSeconds, stallSeconds) * 1000) / 4);
    stream.pump();
    return stream;
  }

  /** Serves every stream, and again while there is news: what comes meanwhile goes to each in one piece. */
  async #serve(): Promise<void> {
    this.#hasNews = true;
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#hasNews) {
      // Those who wait for the commit itself go first.
      await setImmediate();
      this.#hasNews = false;
      await this.#inTurns(stream => stream.pump());
    }
    this.#isServing = false;
  }

  #tick(): Promise<void> {
    return this.#inTurns(stream => stream.tick());
  }

  async #inTurns(serve: (stream: EventStream) => void): Promise<void> {
    let served = 0;
    for (const stream of this.#streams) {
      serve(stream);
      if (++served % STREAMS_A_TURN === 0) await setImmediate();
    }
  }

  async #close(graceSeconds: number): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    // A database that hangs may keep it waiting; the clients need not.
    const tail = this.#tail.close();
    for (const stream of this.#streams) stream.finish('closing');
    const cut = setTimeout(() => {
      for (const stream of this.#streams) stream.destroy('closing');
    }, graceSeconds * 1000);
    await Promise.all(Array.from(this.#streams, ({ closed }) => closed));
    clearTimeout(cut);
    await tail;
  }
}

function resolved(options: EventStreamsOptions): Required<EventStreamsOptions> {
  const all = {
    heartbeatSeconds: 15,
    pollSeconds: 1,
    stallSeconds: 30,
    retrySeconds: 2,
    maxStreams: 2_000,
    ringBytes: 8 * 1_048_576,
    ringEvents: 10_000,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  const faults = Object.entries(all).filter(
    ([, value]) => typeof value === 'number' && !(value > 0 && value < 2 ** 31),
  );
  if (faults.length > 0) {
    const names = faults.map(([name]) => name).join(', ');
    throw errorOf('invalid_configuration', `The event streams need numbers above 0: correct ${names}`);
  }
  return { ...all, onError: options.onError ?? (() => undefined) };
}
