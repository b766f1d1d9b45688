import { type BoardRun, type RunOptions, runBoard } from './agents/run.ts';
import type { Backend, LogQuery, TaskCount } from './backends/backend.ts';
import { BoardListeners } from './board-listeners.ts';
import { BoardMethods } from './board-methods.ts';
import type { ResolvedBoardOptions } from './board-options.ts';
import { checkCallOptions, commandOf } from './call-arguments.ts';
import { Closers } from './closers.ts';
import type { Command, WriteIntent } from './core/decide/command.ts';
import { isWriteIntent } from './core/decide/decide.ts';
import { builtinProfileRecords, ProfileRegistry } from './core/decide/profiles.ts';
import { errorOf, quadroErrorOf } from './core/errors.ts';
import type { CallOptions, Intent, OpenState, ParamsOf, ResultOf } from './core/intents.ts';
import { checkPayload, isIntent, shortened } from './core/payload.ts';
import type {
  Agent,
  BoardRecord,
  ChiefCycle,
  Event,
  FlightLogEntry,
  OmbudsmanTick,
  ProfileRecord,
  Task,
} from './core/records.ts';
import { type Micros, US_PER_SECOND } from './core/time.ts';
import { withTraceRelation } from './core/trace-relation.ts';
import type { Snapshot } from './core/transaction.ts';
import { type BoardMeter, BoardMeters, type MeteredBoard } from './meter.ts';
import { postUnderIds } from './post-under-ids.ts';
import {
  ALL_STANDINGS,
  allTasks,
  archivedTasks,
  eventRows,
  flightLogRows,
  listedTasks,
  type ReadHost,
  read,
} from './reader.ts';
import type { BoardService } from './service/board-service.ts';
import { serveBoard } from './service/serve-board.ts';
import type { ServiceOptions } from './service/service-options.ts';
import type { TableSource } from './table-source.ts';
import { Writer } from './writer.ts';

/**
 * A governed task board. Its typed methods are the intents of spec.md; whatever they change is committed in one transaction
 * before they answer. Made by {@link openBoard}.
 */
export class Board extends BoardMethods implements TableSource, MeteredBoard {
  /** Its name inside its database. */
  readonly boardId: string;
  /** Made once; identifies it everywhere. */
  readonly boardUid: string;
  readonly backend: Backend;
  readonly #options: ResolvedBoardOptions;
  readonly #writer: Writer;
  readonly #meters: BoardMeters;
  readonly #listeners: BoardListeners;
  readonly #closers: Closers;
  #registry: ProfileRegistry;
  #profilesVersion: number;
  #closing: Promise<void> | null = null;

  /** Use {@link openBoard}. */
  constructor(options: ResolvedBoardOptions, record: BoardRecord, registry: ProfileRegistry) {
    super();
    this.#options = options;
    this.backend = options.backend;
    this.boardId = record.board_id;
    this.boardUid = record.board_uid;
    this.#registry = registry;
    this.#profilesVersion = record.profiles_version;
    this.#closers = new Closers(options.onListenerError);
    this.#meters = new BoardMeters(options.onListenerError);
    this.#listeners = new BoardListeners(
      listener => this.backend.onSignal(this.boardId, listener),
      notify => this.#guard(notify),
    );
    this.#writer = new Writer({
      backend: this.backend,
      options,
      meter: this.#meters,
      registryOf: snapshot => this.#registryOf(snapshot),
      profilesVersion: () => this.#profilesVersion,
      committed: events => this.#listeners.committed(events),
    });
  }

  /**
   * Answers any intent of a board.
   *
   * @throws QuadroError with a stable `code`; where it throws, nothing was written.
   */
  override async call<I extends Intent>(
    intent: I,
    params: ParamsOf<I>,
    options: CallOptions = {},
  ): Promise<ResultOf<I>> {
    try {
      if (!isIntent(intent)) throw errorOf('unsupported_intent', `Unsupported intent: ${shortened(String(intent))}`);
      const { maxPayloadBytes } = this.#options;
      const bytes = checkPayload(intent, params as Readonly<Record<string, unknown>>, maxPayloadBytes);
      checkCallOptions(options);
      if (isWriteIntent(intent))
        return (await this.#write(intent, params as ParamsOf<typeof intent>, options, bytes)) as ResultOf<I>;
      return await read(this.#reads, intent, params);
    } catch (error) {
      const refusal = quadroErrorOf(error);
      this.#meters.refusal(intent, refusal.code);
      throw refusal;
    }
  }

  async #write<I extends WriteIntent>(
    intent: I,
    given: ParamsOf<I>,
    options: CallOptions,
    bytes: number,
  ): Promise<ResultOf<I>> {
    if (this.#options.readOnly) throw errorOf('storage_read_only', 'This board was opened for reading only');
    const command = commandOf(intent, given, options);
    if (intent === 'board.post_task')
      return (await this.#post(command as Command<'board.post_task'>, bytes)) as ResultOf<I>;
    if (intent === 'board.post_tasks')
      return (await this.#postAll(command as Command<'board.post_tasks'>, bytes)) as ResultOf<I>;
    return this.#writer.write(command, bytes);
  }

  #post(command: Command<'board.post_task'>, bytes: number): Promise<ResultOf<'board.post_task'>> {
    const { taskIds, traceRelations } = this.#options;
    const task = withTraceRelation(command.params, traceRelations);
    return postUnderIds(taskIds, [task], ([params = task]) => this.#writer.write({ ...command, params }, bytes));
  }

  #postAll(command: Command<'board.post_tasks'>, bytes: number): Promise<ResultOf<'board.post_tasks'>> {
    const { taskIds, traceRelations } = this.#options;
    const given = command.params.tasks.map(task => withTraceRelation(task, traceRelations));
    return postUnderIds(taskIds, given, tasks =>
      this.#writer.write({ ...command, params: { tasks } }, bytes, tasks.length),
    );
  }

  /** Calls back with the events of each commit of this process, in order. Answers how to stop. */
  onEvents(listener: (events: readonly Event[]) => void): () => void {
    return this.#listeners.onEvents(listener);
  }

  onCommit(listener: () => void): () => void {
    return this.#listeners.onCommit(listener);
  }

  /**
   * Calls back soon after another process may have committed; answers how to stop. A signal, not a promise: it can come late
   * or never, and does not come at all where the database cannot tell.
   */
  onSignal(listener: () => void): () => void {
    return this.#listeners.onSignal(listener);
  }

  /** An observer can never break the observed. */
  #guard(notify: () => void): void {
    try {
      notify();
    } catch (error) {
      this.#options.onListenerError(error);
    }
  }

  #registryOf(snapshot: Snapshot): ProfileRegistry {
    if (snapshot.profiles !== null && snapshot.board !== null) {
      this.#registry = new ProfileRegistry(snapshot.profiles, snapshot.board.resumable);
      this.#profilesVersion = snapshot.board.profiles_version;
    }
    return this.#registry;
  }

  /** Brings what another process has registered into this one. */
  async #freshRegistry(): Promise<ProfileRegistry> {
    const board = await this.board();
    if (board.profiles_version !== this.#profilesVersion) {
      this.#registry = new ProfileRegistry(await this.backend.readProfiles(this.boardId), board.resumable);
      this.#profilesVersion = board.profiles_version;
    }
    return this.#registry;
  }

  get #reads(): ReadHost {
    const { backend, boardId, traceSampleRatio } = this;
    return { backend, boardId, traceSampleRatio, registry: () => this.#freshRegistry() };
  }

  /** Whether what is sent again under an idempotency key will be answered as it was first, and for a minute yet. */
  async remembers(idempotencyKey: string): Promise<boolean> {
    const [known] = await this.backend.readIdempotency({ board_id: this.boardId, keys: [idempotencyKey], limit: 1 });
    const { clock, idempotencySeconds } = this.#options;
    return known !== undefined && clock() - known.created_at < (idempotencySeconds - 60) * US_PER_SECOND;
  }

  async board(): Promise<BoardRecord> {
    const record = await this.backend.readBoard(this.boardId);
    if (record === null)
      throw errorOf('board_not_found', `There is no board ${this.boardId} in ${this.backend.location}`);
    return record;
  }

  events(after: number, limit: number, maxBytes?: number): Promise<readonly Event[]> {
    return this.backend.readEvents(this.#page(after, limit, maxBytes));
  }

  chiefCycles(after: number, limit: number, maxBytes?: number): Promise<readonly ChiefCycle[]> {
    return this.backend.readChiefCycles(this.#page(after, limit, maxBytes));
  }

  ombudsmanTicks(after: number, limit: number, maxBytes?: number): Promise<readonly OmbudsmanTick[]> {
    return this.backend.readOmbudsmanTicks(this.#page(after, limit, maxBytes));
  }

  taskEvents(taskId: string, after: number, limit: number, maxBytes?: number): Promise<readonly Event[]> {
    return this.backend.readEvents({ ...this.#page(after, limit, maxBytes), task_id: taskId });
  }

  #page(after: number, limit: number, maxBytes: number | undefined): LogQuery {
    return { board_id: this.boardId, after, limit, ...(maxBytes !== undefined && { max_bytes: maxBytes }) };
  }

  taskHistory(taskId: string): Promise<readonly Event[]> {
    return Array.fromAsync(eventRows(this.#reads, { task_id: taskId }));
  }

  tasksById<Column extends keyof Task = keyof Task>(
    taskIds: readonly string[],
    columns?: readonly Column[],
  ): Promise<readonly Pick<Task, Column>[]> {
    const query = { board_id: this.boardId, task_ids: taskIds, standings: ALL_STANDINGS, limit: taskIds.length };
    return this.backend.readTasks({ ...query, ...(columns && { columns }) });
  }

  tasks(): AsyncIterable<Task> {
    return allTasks(this.#reads);
  }

  archivedTasks(since: Micros): AsyncIterable<Task> {
    return archivedTasks(this.#reads, since);
  }

  async *agents(): AsyncGenerator<Agent> {
    yield* await this.listAgents();
  }

  flightLog(after = 0): AsyncIterable<FlightLogEntry> {
    return flightLogRows(this.#reads, { after });
  }

  async *profiles(): AsyncGenerator<ProfileRecord> {
    yield* builtinProfileRecords();
    yield* (await this.backend.readProfiles(this.boardId)).profiles;
  }

  /** Every agent, by agent_id (Q35: one SELECT). */
  listAgents(): Promise<readonly Agent[]> {
    return this.backend.readAgents(this.boardId);
  }

  /** Every task that is not archived, by (priority, created_at). */
  listTasks(): Promise<readonly Task[]> {
    return Array.fromAsync(listedTasks(this.#reads, {}));
  }

  /** Open tasks by type, profile, status and stage kind: one grouped query. */
  countOpenTasks(): Promise<readonly TaskCount[]> {
    return this.backend.countOpenTasks(this.boardId);
  }

  /** `profile@version` → wait status → what the Chief may dispatch from there. */
  async routes(): Promise<OpenState['routes']> {
    return (await this.#freshRegistry()).routes();
  }

  /** The share of traces whose sampled flag is set in the trace context that workers are given. */
  get traceSampleRatio(): number {
    return this.#options.traceSampleRatio;
  }

  get backendName(): string {
    return this.backend.name;
  }

  get queueDepth(): number {
    return this.#writer.depth;
  }

  get isReadOnly(): boolean {
    return this.#options.readOnly;
  }

  /** Largest payload it takes, in bytes of JSON. */
  get maxPayloadBytes(): number {
    return this.#options.maxPayloadBytes;
  }

  attachMeter(meter: BoardMeter): () => void {
    return this.#meters.attach(meter);
  }

  /**
   * Starts a Chief, workers and an Ombudsman on this board: one seed wake, then a cycle whenever a commit is news, and a tick
   * every 30 s. The board's `close` stops them first, in order.
   *
   * @example const run = await board.run({ chief, workers: pool, ombudsman });
   */
  async run(options: RunOptions): Promise<BoardRun> {
    const run = await runBoard(this, options);
    this.closeWith(() => run.close());
    return run;
  }

  /**
   * Serves the board over HTTP, on 127.0.0.1 and port 7337 unless told. The board's `close` stops the service first.
   *
   * @example const service = await board.serve({ port: 0 });
   * @throws ConfigurationError (`invalid_configuration`, `missing_package`)
   */
  async serve(options: ServiceOptions = {}): Promise<BoardService> {
    const service = await serveBoard(this, options);
    this.closeWith(() => service.close());
    return service;
  }

  /** What `close` must finish first: an attached exporter, a running Chief. Called at once where the board closes already. */
  closeWith(closer: () => Promise<unknown>): void {
    this.#closers.add(closer);
  }

  /** Finishes what it began: attached parts first, then every command that was taken, then the backend. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const failures = await this.#closers.close();
    await this.#writer.close();
    await this.backend.close();
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
