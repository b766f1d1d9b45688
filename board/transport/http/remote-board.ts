import { type BoardRun, type RunOptions, runBoard } from '../../agents/run.ts';
import { surroundingsOf } from '../../agents/surroundings.ts';
import { BoardMethods } from '../../board-methods.ts';
import { ConfigurationError, type ErrorCode, errorOf } from '../../core/errors.ts';
import type { CallOptions, Intent, ParamsOf, ResultOf } from '../../core/intents.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Agent, BoardRecord, Event, Task } from '../../core/records.ts';
import { BoardClient } from '../board-client.ts';
import { isJsonObject } from '../envelope.ts';
import { type RecordPage, resultFromWire } from '../wire.ts';
import { errorTextOf } from './carry.ts';
import { EventStream } from './event-stream.ts';
import { shownUrl } from './exchange.ts';
import { isBusy, send } from './http-client.ts';
import { type HttpNetwork, httpNetwork } from './http-network.ts';
import { type HttpLimits, limitsOf, type ResolvedLimits, serviceUrlOf } from './http-options.ts';

/** How to reach a board that is served elsewhere. */
export interface RemoteBoardOptions extends Omit<HttpLimits, 'agentTimeoutMs'> {
  /** Where it is served, such as `http://127.0.0.1:7337`. */
  readonly url: string;
  /** One of the board's tokens; `work` and `read` are what Chiefs and workers need. */
  readonly token?: string;
  /** How long the event stream may be silent before it is made anew, in seconds. Default 45. */
  readonly silenceSeconds?: number;
  /** Told of what failed and was carried on from: a lost stream, a listener that threw. Default: a warning of the process. */
  readonly onError?: (what: string, error: unknown) => void;
}

/** Most rows a page of a service holds. */
const PAGE_ROWS = 500;

/** What `fetch` waits for the next piece of an answer, whatever it is told. */
const MAX_SILENCE_SECONDS = 300;

/** Longest query that goes into an address, in characters. */
const MAX_QUERY_LENGTH = 6000;

/** A board that is served elsewhere, with everything that Chiefs, workers and an Ombudsman need of one here. */
export class RemoteBoard extends BoardMethods {
  /** Where it is served. */
  readonly url: string;
  readonly #base: URL;
  readonly #token: string | null;
  readonly #limits: ResolvedLimits;
  readonly #silenceMs: number;
  readonly #onError: (what: string, error: unknown) => void;
  readonly #network: HttpNetwork;
  readonly #client: BoardClient;
  readonly #closing = new AbortController();
  readonly #eventListeners = new Set<(events: readonly Event[]) => void>();
  readonly #signalListeners = new Set<() => void>();
  readonly #runs = new Set<BoardRun>();
  #boardUid: string | null = null;
  #traceSampleRatio = 1;
  #stream: EventStream | null = null;
  #closed: Promise<void> | null = null;

  /** Use {@link remoteBoard}. */
  constructor(options: RemoteBoardOptions) {
    super();
    const { url, token = null, silenceSeconds = 45 } = options;
    if (!(silenceSeconds > 0 && silenceSeconds <= MAX_SILENCE_SECONDS)) {
      throw new ConfigurationError('invalid_configuration', 'silenceSeconds must be more than 0 and at most 300');
    }
    this.#base = serviceUrlOf(url);
    this.url = shownUrl(this.#base);
    this.#token = token;
    this.#limits = limitsOf(options);
    this.#silenceMs = silenceSeconds * 1000;
    this.#onError = surroundingsOf(options).onError;
    this.#network = httpNetwork({ ...this.#limits, ...(token !== null && { token }) });
    this.#client = new BoardClient({ network: this.#network, url: this.#at('a2a').href });
  }

  /**
   * Sends any intent.
   *
   * @throws QuadroError with the class and code that the board threw; besides those of the way there: `delivery_failed`,
   * `storage_uncertain`, `remote_error`, `unauthorized`, `forbidden`, `closed`.
   */
  override call<I extends Intent>(intent: I, params: ParamsOf<I>, options: CallOptions = {}): Promise<ResultOf<I>> {
    return this.#client.call(intent, params, options);
  }

  /** The board's own row. @throws QuadroError (`board_not_found`) where another board is served there by now. */
  async board(): Promise<BoardRecord> {
    const answer = await this.#get('board');
    const { board } = pageOf(answer);
    if (board === undefined || typeof answer.trace_sample_ratio !== 'number') throw this.#strange('board');
    this.#boardUid ??= board.board_uid;
    if (board.board_uid !== this.#boardUid) {
      throw errorOf(
        'board_not_found',
        `${this.url} serves another board now: ${board.board_uid}, no more ${this.#boardUid}`,
      );
    }
    this.#traceSampleRatio = answer.trace_sample_ratio;
    return board;
  }

  /** A page of the log, ascending; it may be shorter than `limit` before the log's end. */
  async events(after: number, limit: number): Promise<readonly Event[]> {
    const { events } = pageOf(await this.#get('events', { after: [after], limit: [Math.min(limit, PAGE_ROWS)] }));
    return events ?? this.#refuse('events');
  }

  /** The named tasks, archived ones too, with all their columns. */
  async tasksById<Column extends keyof Task = keyof Task>(
    taskIds: readonly string[],
  ): Promise<readonly Pick<Task, Column>[]> {
    const found: Task[] = [];
    for (const ids of inQueries(taskIds)) found.push(...(await this.#tasks(ids)));
    return found;
  }

  /** Every agent, by agent_id. */
  async listAgents(): Promise<readonly Agent[]> {
    return pageOf(await this.#get('agents')).agents ?? this.#refuse('agents');
  }

  /** The share of traces that are sampled, as the service said last. */
  get traceSampleRatio(): number {
    return this.#traceSampleRatio;
  }

  /** Calls back with events as the service's stream brings them, whoever caused them; answers how to stop. */
  onEvents(listener: (events: readonly Event[]) => void): () => void {
    return this.#listen(this.#eventListeners, listener);
  }

  /** Calls back where events may have been missed: on a new stream, and after a lost one. Answers how to stop. */
  onSignal(listener: () => void): () => void {
    return this.#listen(this.#signalListeners, listener);
  }

  /**
   * Starts a Chief, workers and an Ombudsman of this process on the board; `close` stops them first.
   *
   * @example const run = await board.run({ workers: pool });
   */
  async run(options: RunOptions): Promise<BoardRun> {
    const run = await runBoard(this, { onError: this.#onError, ...options });
    this.#runs.add(run);
    return run;
  }

  /** Stops what runs on it, then the stream and every request. The board itself stays open where it is. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#runs].map(run => run.close()));
    this.#stream?.close();
    this.#closing.abort();
    await this.#network.close();
  }

  #at(path: string, query: Query = {}): URL {
    const url = new URL(path, this.#base);
    for (const [name, values] of Object.entries(query)) {
      for (const value of values) url.searchParams.append(name, String(value));
    }
    return url;
  }

  async #get(path: string, query?: Query): Promise<JsonObject> {
    const { answer } = await send({
      ...this.#limits,
      url: this.#at(path, query),
      method: 'GET',
      token: this.#token,
      isRepeatable: true,
      isPassing: isBusy,
      signal: this.#closing.signal,
    });
    if (answer.status >= 200 && answer.status <= 299) return answer.body;
    throw errorOf(answer.body.error_code as ErrorCode, errorTextOf(answer));
  }

  async #tasks(ids: readonly string[]): Promise<readonly Task[]> {
    const found: Task[] = [];
    let after: string | null = null;
    do {
      const query: Query = { task_id: ids, limit: [PAGE_ROWS], ...(after !== null && { after: [after] }) };
      const answer: JsonObject = await this.#get('tasks', query);
      const tasks = pageOf(answer).tasks ?? this.#refuse('tasks');
      after = typeof answer.next === 'string' ? answer.next : null;
      found.push(...tasks);
      // Pages that bring nothing, or more than was asked for, would never end.
      if (found.length > ids.length || (after !== null && tasks.length === 0)) this.#refuse('tasks');
    } while (after !== null);
    return found;
  }

  #listen<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
    listeners.add(listener);
    this.#stream ??= this.#openStream();
    return () => {
      listeners.delete(listener);
      if (this.#eventListeners.size + this.#signalListeners.size > 0) return;
      this.#stream?.close();
      this.#stream = null;
    };
  }

  #openStream(): EventStream {
    const stream = new EventStream({
      url: this.#at('events'),
      token: this.#token,
      silenceMs: this.#silenceMs,
      maxLength: this.#limits.maxAnswerBytes,
      logEnd: async () => (await this.board()).next_sequence_id - 1,
      onEvents: events => this.#tell(this.#eventListeners, listener => listener(events)),
      onSignal: () => this.#tell(this.#signalListeners, listener => listener()),
      onError: error =>
        this.#onError(`The event stream of ${this.url} is lost; the board is asked now and then`, error),
    });
    stream.follow().catch(error => this.#onError('The event stream could not be followed', error));
    return stream;
  }

  #tell<Listener>(listeners: ReadonlySet<Listener>, notify: (listener: Listener) => void): void {
    for (const listener of listeners) {
      try {
        notify(listener);
      } catch (error) {
        this.#onError('A listener of the board threw', error);
      }
    }
  }

  #strange(path: string): Error {
    return errorOf('remote_error', `${this.url}${path} answered with something else; is it a Quadro service?`);
  }

  #refuse(path: string): never {
    throw this.#strange(path);
  }
}

type Query = Readonly<Record<string, readonly (string | number)[]>>;

/** Records of an answer, in memory's form; a list that is none is left out. */
function pageOf(answer: JsonObject): RecordPage {
  const records = Object.entries(answer).filter(([name, value]) =>
    name === 'board' ? isJsonObject(value) : Array.isArray(value) && value.every(isJsonObject),
  );
  return resultFromWire(Object.fromEntries(records)) as unknown as RecordPage;
}

/** The ids in groups that an address can hold. */
function inQueries(ids: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const own = encodeURIComponent(id).length + 'task_id=&'.length;
    if (length + own > MAX_QUERY_LENGTH || groups.at(-1)?.length === PAGE_ROWS) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)?.push(id);
    length += own;
  }
  return groups;
}

/**
 * Connects to a board that is served over HTTP. It has the methods of a board here, and whatever runs on one runs on it: the
 * service is then this process's only connection.
 *
 * @example
 * const board = await remoteBoard({ url: 'http://127.0.0.1:7337', token: process.env.QUADRO_TOKEN });
 * const pool = new WorkerPool({ board, network: httpNetwork(), name: 'blue', capabilities: { article: { execute: write } } });
 * await board.run({ workers: pool });
 * @throws ConfigurationError (`invalid_configuration`); QuadroError where the service cannot be reached or refuses.
 */
export async function remoteBoard(options: RemoteBoardOptions): Promise<RemoteBoard> {
  const board = new RemoteBoard(options);
  await board.board();
  return board;
}
