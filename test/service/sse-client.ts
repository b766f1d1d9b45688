import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';

/** An event as a client gets it. */
export interface ReceivedEvent {
  readonly id: number;
  readonly event: string;
  readonly data: string;
}

/** A client of an event stream that does what the HTML standard says a browser does with each line. */
export class SseClient {
  readonly events: ReceivedEvent[] = [];
  readonly comments: string[] = [];
  /** As a browser would send it when it connects again. */
  lastEventId = '';
  retry: number | null = null;
  status = 0;
  body = '';
  response: IncomingMessage | null = null;
  /** When it last got anything, or was told to go on, by `performance.now()`. */
  heardAt: number = performance.now();
  /** Settles when the connection is over, however it ended. */
  readonly ended: Promise<void>;
  readonly #request: ClientRequest;
  readonly #waiting = new Set<() => void>();
  #rest = '';
  #id = '';
  #event = '';
  #data: string[] = [];

  constructor(options: RequestOptions, onEvent: (event: ReceivedEvent) => void = () => undefined) {
    this.#request = request({ ...options, agent: false });
    this.ended = new Promise(resolve => {
      const endWithout = (): void => {
        // What a response has left is still read.
        if (this.response === null) resolve();
      };
      this.#request.on('error', endWithout);
      this.#request.on('close', endWithout);
      this.#request.on('response', response => {
        this.response = response;
        this.status = response.statusCode ?? 0;
        response.setEncoding('utf8');
        response.on('data', (text: string) => this.#take(text, onEvent));
        response.on('error', () => undefined);
        response.on('close', () => resolve());
      });
    });
    void this.ended.then(() => this.#tell());
    this.#request.end();
  }

  /** Waits until something is so, and rejects where the stream ends before. */
  async until(isSo: () => boolean): Promise<void> {
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
    });
    while (!isSo()) {
      if (isOver) throw new Error(`the stream ended with ${this.status} ${this.body.slice(-200)}`);
      await new Promise<void>(resolve => this.#waiting.add(resolve));
    }
  }

  /** Stops and goes on taking what comes. */
  pause(): void {
    this.response?.pause();
  }

  resume(): void {
    this.heardAt = performance.now();
    this.response?.resume();
  }

  close(): void {
    this.#request.destroy();
  }

  #tell(): void {
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }

  #take(text: string, onEvent: (event: ReceivedEvent) => void): void {
    this.heardAt = performance.now();
    if (this.status !== 200) this.body += text;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line, onEvent);
    this.#tell();
  }

  #line(line: string, onEvent: (event: ReceivedEvent) => void): void {
    if (line === '') {
      this.#dispatch(onEvent);
      return;
    }
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    if (name === '') this.comments.push(value);
    else if (name === 'id') this.#id = value;
    else if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'retry') this.retry = Number(value);
  }

  #dispatch(onEvent: (event: ReceivedEvent) => void): void {
    this.lastEventId = this.#id;
    if (this.#data.length > 0) {
      const event = { id: Number(this.#id), event: this.#event, data: this.#data.join('\n') };
      this.events.push(event);
      onEvent(event);
    }
    this.#data = [];
    this.#event = '';
  }
}
