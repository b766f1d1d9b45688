import { setTimeout as sleep } from 'node:timers/promises';
import { errorOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Event } from '../../core/records.ts';
import { importPeer } from '../../missing-package.ts';
import { isJsonObject } from '../envelope.ts';
import { resultFromWire } from '../wire.ts';
import { deliveryErrorOf } from './delivery-error.ts';
import { bearerOf, shownUrl } from './exchange.ts';
import { SseParser } from './sse-parser.ts';

/** Delays between two connections, before jitter. */
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;

/** What an event stream is made of. */
export interface EventStreamOptions {
  /** `/events` of a service. */
  readonly url: URL;
  readonly token: string | null;
  /** The longest silence before the connection is taken for dead; a service sends something every 15 s. */
  readonly silenceMs: number;
  /** The longest event, in UTF-16 units. */
  readonly maxLength: number;
  /** Where the stream begins: the log's end. */
  readonly logEnd: () => Promise<number>;
  readonly onEvents: (events: readonly Event[]) => void;
  /** Told when something may have been missed: on every new connection, and after one that was lost. */
  readonly onSignal: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Follows the log of a board elsewhere over server-sent events. Lost connections are made again, from the last event on; while
 * there is none, whoever listens has to ask by itself.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #closing = new AbortController();
  #lastId: number | null = null;
  #isReported = false;
  #hasHeard = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Follows until it is closed. Never rejects. */
  async follow(): Promise<void> {
    const { signal } = this.#closing;
    const { ExponentialBackoff } = await importPeer('cockatiel', () => import('cockatiel'));
    const fresh = new ExponentialBackoff({ initialDelay: FIRST_DELAY_MS, maxDelay: MAX_DELAY_MS });
    let backoff = fresh.next();
    while (!signal.aborted) {
      this.#hasHeard = false;
      await this.#connect().catch(error => this.#lost(error));
      if (signal.aborted) return;
      this.#options.onSignal();
      backoff = this.#hasHeard ? fresh.next() : backoff.next(undefined);
      await sleep(backoff.duration, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Ends the connection; nothing is told from now on. */
  close(): void {
    this.#closing.abort();
  }

  /** What stays so is not said again and again. */
  #lost(error: unknown): void {
    if (this.#closing.signal.aborted || this.#isReported) return;
    this.#isReported = true;
    this.#options.onError(error);
  }

  /** One connection, to its end. */
  async #connect(): Promise<void> {
    const { url, token, silenceMs, logEnd } = this.#options;
    this.#lastId ??= await logEnd();
    const silent = new AbortController();
    const giveUp = (): void =>
      silent.abort(errorOf('delivery_failed', `${shownUrl(url)} was silent for ${silenceMs} ms`));
    const timer = setTimeout(giveUp, silenceMs).unref();
    const close = (): void => silent.abort(errorOf('closed', 'The stream is closed'));
    this.#closing.signal.addEventListener('abort', close, { once: true });
    if (this.#closing.signal.aborted) close();
    try {
      const response = await fetch(url, {
        headers: {
          accept: 'text/event-stream',
          'last-event-id': String(this.#lastId),
          ...bearerOf(token),
        },
        redirect: 'manual',
        signal: silent.signal,
      });
      await this.#read(response, () => timer.refresh());
    } catch (error) {
      if (silent.signal.aborted) throw silent.signal.reason;
      throw deliveryErrorOf(shownUrl(url), error);
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener('abort', close);
      silent.abort();
    }
  }

  async #read(response: Response, heard: () => void): Promise<void> {
    const { status, headers, body } = response;
    if (!response.ok || body === null || !headers.get('content-type')?.startsWith('text/event-stream')) {
      await body?.cancel();
      // The board was replaced by one whose log is shorter: from its end, then.
      if (status >= 400 && status < 500) this.#lastId = null;
      throw new Error(`it answered ${status} with no event stream`);
    }
    const parser = new SseParser(this.#options.maxLength);
    const decoder = new TextDecoder();
    this.#options.onSignal();
    for await (const chunk of body) {
      heard();
      this.#hasHeard = true;
      this.#isReported = false;
      this.#tell(parser.push(decoder.decode(chunk, { stream: true })).flatMap(({ data }) => eventIn(data)));
    }
    throw new Error('the service ended the stream');
  }

  #tell(events: readonly JsonObject[]): void {
    if (events.length === 0 || this.#closing.signal.aborted) return;
    const read = resultFromWire<'board.stream_events'>({ events: [...events] }).events;
    this.#lastId = read.at(-1)?.sequence_id ?? this.#lastId;
    this.#options.onEvents(read);
  }
}

/** The event that a message holds, or none: a service may say other things too. */
function eventIn(data: string): readonly JsonObject[] {
  const value: unknown = JSON.parse(data);
  return isJsonObject(value) && typeof value.sequence_id === 'number' ? [value] : [];
}
