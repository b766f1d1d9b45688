import type { ServerResponse } from 'node:http';
import type { EventMatcher } from './event-filter.ts';
import { type Taken, takeFrames } from './event-frame.ts';
import type { EventPages } from './event-pages.ts';
import type { EventTail } from './event-tail.ts';

/** What is written at once; no more than this and one event waits for a client. */
const CHUNK_BYTES = 65_536;

/** Why a stream is over: its client went, took nothing for too long, the log was replaced, or the streams are closed. */
export type StreamEnd = 'client_gone' | 'stalled' | 'log_replaced' | 'closing';

/** What a stream needs of its surroundings. */
export interface StreamHost {
  readonly tail: Pick<EventTail, 'ring'>;
  readonly pages: EventPages;
  readonly heartbeatMs: number;
  readonly stallMs: number;
  onError(message: string, error: unknown): void;
}

/** Where a stream begins and what it sends. */
export interface StreamStart {
  readonly position: number;
  readonly matcher: EventMatcher;
  readonly retryMs: number;
}

/** One client's stream: where it stands in the log, and how much its connection still has to take. */
export class EventStream {
  /** Settles when the response is closed. */
  readonly closed: Promise<StreamEnd>;
  readonly #response: ServerResponse;
  readonly #host: StreamHost;
  readonly #matcher: EventMatcher;
  #position: number;
  /** The id the client has seen last. */
  #marked: number;
  #end: StreamEnd | null = null;
  #isReading = false;
  /** Whether the connection takes no more for now. */
  #isBlocked = false;
  /** Pieces that the connection has not taken yet, and when it last took one. */
  #waiting = 0;
  #takenAt = 0;
  #writtenAt = 0;

  /** The response's head has been written. */
  constructor(response: ServerResponse, host: StreamHost, { position, matcher, retryMs }: StreamStart) {
    this.#response = response;
    this.#host = host;
    this.#matcher = matcher;
    this.#position = position;
    this.#marked = position;
    // A response that breaks is closed as well; nobody else would hear of it.
    response.on('error', () => undefined);
    response.on('drain', () => {
      this.#isBlocked = false;
      this.pump();
    });
    this.closed = new Promise(resolve => {
      const close = (): void => {
        this.#end ??= 'client_gone';
        resolve(this.#end);
      };
      // One whose client has gone while the board was asked is closed already, and does not say so again.
      if (response.destroyed) close();
      else response.once('close', close);
    });
    // An event without data is not dispatched, but its id is kept: a client that is cut off before its first event goes on from here.
    this.#write(`retry: ${retryMs}\nid: ${position}\n\n`);
  }

  /** Bytes that wait for the client in this process. */
  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  /** Sends what the client lacks, as far as its connection takes it. */
  pump(): void {
    const { ring } = this.#host.tail;
    while (this.#isReady && this.#position < ring.last) {
      if (!ring.reaches(this.#position)) return void this.#catchUp();
      this.#send(ring.take(this.#position, this.#matcher, CHUNK_BYTES));
    }
  }

  /** Looks after the client, every now and then: drops one that takes nothing, shows life to one that gets nothing. */
  tick(): void {
    const now = performance.now();
    const { heartbeatMs, stallMs } = this.#host;
    if (this.#waiting > 0 && now - this.#takenAt >= stallMs) {
      this.destroy('stalled');
      return;
    }
    this.pump();
    if (!this.#isReady || this.#waiting > 0 || now - this.#writtenAt < heartbeatMs) return;
    // What a filter left out need not be looked at again after a reconnect.
    const mark = this.#position > this.#marked ? `id: ${this.#position}\n` : '';
    this.#marked = this.#position;
    this.#write(`: heartbeat\n${mark}\n`);
  }

  /** Ends the stream in order: what waits is still sent. */
  finish(end: StreamEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#response.end(`: ${end}\n\n`);
  }

  /** Ends the stream at once. */
  destroy(end: StreamEnd): void {
    this.#end ??= end;
    this.#response.destroy();
  }

  get #isReady(): boolean {
    return this.#end === null && !this.#isBlocked && !this.#isReading;
  }

  async #catchUp(): Promise<void> {
    this.#isReading = true;
    const position = this.#position;
    const { pages, tail } = this.#host;
    try {
      const { frames, end } = await pages.read(position, tail.ring.last, this.#matcher);
      const taken = takeFrames(frames, { position, matcher: this.#matcher, maxBytes: CHUNK_BYTES });
      const isWhole = taken.position === (frames.at(-1)?.sequence_id ?? position);
      this.#isReading = false;
      if (this.#end !== null) return;
      this.#send(isWhole ? { ...taken, position: end } : taken);
      // An empty page of a log that is longer cannot be; asking again at once would never end.
      if (end > position) this.pump();
    } catch (error) {
      // The next tick tries again.
      this.#isReading = false;
      this.#host.onError('Events could not be read for a stream', error);
    }
  }

  #send({ bytes, sent, position }: Taken): void {
    this.#position = position;
    if (bytes === null || sent === null) return;
    this.#marked = sent;
    this.#write(bytes);
  }

  #write(text: string | Buffer): void {
    this.#writtenAt = performance.now();
    if (this.#waiting === 0) this.#takenAt = this.#writtenAt;
    this.#waiting++;
    const isTaken = this.#response.write(text, () => {
      this.#waiting--;
      this.#takenAt = performance.now();
    });
    if (!isTaken) this.#isBlocked = true;
  }
}
