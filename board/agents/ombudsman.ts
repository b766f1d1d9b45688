import { profileKey } from '../core/decide/profiles.ts';
import { ConfigurationError, QuadroError } from '../core/errors.ts';
import type { IntentPort, OpenState, UpdateTaskParams } from '../core/intents.ts';
import type { Agent, Event, Task } from '../core/records.ts';
import { type Micros, US_PER_SECOND } from '../core/time.ts';
import { undelivered } from './dispatcher.ts';
import type { LeaseClaim } from './lease-keeper.ts';
import { type HeldLease, isLeaseLost, LeasedPort } from './leased-port.ts';
import { routeTasks } from './routing.ts';
import { errorColumn, type ResolvedSurroundings, type Surroundings, surroundingsOf } from './surroundings.ts';
import { DEFAULT_TIMEOUT_SECONDS } from './worker.ts';

/** Wakes a Chief: `trigger => chief.wake(trigger)`. */
export type WakeChief = (trigger: 'ombudsman') => Promise<unknown>;

/** How to make an Ombudsman. */
export interface OmbudsmanOptions extends Surroundings {
  readonly board: IntentPort;
  /** Custom statuses in which agents work, besides IN_PROGRESS and those with a time-out of their own. */
  readonly workingStatuses?: Iterable<string>;
  /** Without a sign of life for longer than this, in seconds, work is taken for dead. Default 3,000. */
  readonly timeoutSeconds?: number;
  /** Status → its own time-out in seconds. */
  readonly statusTimeouts?: Readonly<Record<string, number>>;
  /** Without a sign of life for longer than this, in seconds, an agent is OFFLINE; null: never. Default `timeoutSeconds`. */
  readonly agentTimeoutSeconds?: number | null;
  /** Wakes the Chief after a tick that found something. Default: the Chief it runs beside. */
  readonly wake?: WakeChief;
}

/** The one place that says what counts as a sign of life: the latest beat in this stage, else having entered it. */
function lastSignOfLife(task: Task): Micros {
  return Math.max(task.last_heartbeat_at ?? 0, task.status_entered_at);
}

/** A tick under way: what it found and did, and the first thing that went wrong. */
interface Tick {
  readonly tick_id: string;
  readonly started_at: Micros;
  /** The board under the lease it began with. */
  readonly board: IntentPort;
  moved: number;
  offline: number;
  error: unknown;
}

/**
 * Finds work whose worker has fallen silent and gives it back: to STALE, from where the Chief hands it out again, or to
 * HUMAN_REVIEW where its lifecycle has no way to STALE.
 *
 * @example
 * const ombudsman = new Ombudsman({ board, statusTimeouts: { writing: 600 } });
 * await ombudsman.nudge(); // how many tasks it moved
 */
export class Ombudsman {
  /** The role under which it works in a run: a board has one Ombudsman. */
  readonly claim: LeaseClaim = { role: 'ombudsman', kind: 'ombudsman', claims: null };
  readonly #given: IntentPort;
  /** The board as it may use it now; null while it stands by. One that is used by hand needs no lease. */
  #board: IntentPort | null;
  /** The ticks under way that will wake a Chief when they are done. */
  readonly #waking = new Set<string>();
  readonly #wake: WakeChief | null;
  readonly #statuses: ReadonlySet<string>;
  readonly #timeoutSeconds: number;
  readonly #statusTimeouts: ReadonlyMap<string, number>;
  readonly #agentTimeoutSeconds: number | null;
  readonly #surroundings: ResolvedSurroundings;

  constructor(options: OmbudsmanOptions) {
    const { board, workingStatuses = [], timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, statusTimeouts = {} } = options;
    const { agentTimeoutSeconds = timeoutSeconds, wake = null } = options;
    for (const seconds of [timeoutSeconds, agentTimeoutSeconds ?? 1, ...Object.values(statusTimeouts)]) {
      if (seconds > 0) continue;
      throw new ConfigurationError(
        'invalid_configuration',
        'Every time-out of the Ombudsman must be more than 0 seconds',
      );
    }
    this.#given = board;
    this.#board = board;
    this.#wake = wake;
    this.#timeoutSeconds = timeoutSeconds;
    this.#statusTimeouts = new Map(Object.entries(statusTimeouts));
    this.#agentTimeoutSeconds = agentTimeoutSeconds;
    this.#statuses = new Set(['IN_PROGRESS', ...workingStatuses, ...this.#statusTimeouts.keys()]);
    this.#surroundings = surroundingsOf(options);
  }

  /** From now on it works under that lease. */
  lead(lease: HeldLease): void {
    this.#board = new LeasedPort(this.#given, lease);
  }

  /** From now on no tick does anything, until it leads (again); what one under way still writes is refused by the board. */
  standBy(): void {
    this.#board = null;
  }

  /** Whether the event is of a tick under way that will wake the Chief when it is done. */
  wakesFor(event: Event): boolean {
    return event.tick_id !== null && this.#waking.has(event.tick_id);
  }

  /** The statuses it scans. */
  get statuses(): readonly string[] {
    return [...this.#statuses];
  }

  /** How long a task may be silent in a status, in seconds. */
  timeoutOf(status: string): number {
    return this.#statusTimeouts.get(status) ?? this.#timeoutSeconds;
  }

  /**
   * One tick: scans, moves, leaves a row, and wakes the Chief if it found something. Answers how many tasks it moved, 0 while
   * it stands by. Rejects only where the board could not be read. `wake` is for an Ombudsman that was made without one.
   */
  async nudge(wake: WakeChief | null = null): Promise<number> {
    const board = this.#board;
    if (board === null) return 0;
    const { clock, newId } = this.#surroundings;
    const tick: Tick = { tick_id: newId(), started_at: clock(), board, moved: 0, offline: 0, error: null };
    const wakeChief = this.#wake ?? wake;
    if (wakeChief !== null) this.#waking.add(tick.tick_id);
    try {
      if (await this.#tick(tick)) await this.#wakeChief(wakeChief);
    } finally {
      this.#waking.delete(tick.tick_id);
    }
    return tick.moved;
  }

  /** Scans, moves and leaves the row; answers whether there is anything for a Chief to do. */
  async #tick(tick: Tick): Promise<boolean> {
    let scanned: readonly Task[] = [];
    let needsChief = false;
    let failure: unknown = null;
    try {
      const state = await tick.board.call('board.get_open_state', {});
      scanned = state.tasks.filter(task => this.#statuses.has(task.status));
      await Promise.all([
        ...scanned.map(task => this.#checkTask(tick, state, task)),
        ...state.agents.map(agent => this.#checkAgent(tick, agent)),
      ]);
      needsChief = this.#needsChief(tick, state);
    } catch (error) {
      failure = error;
      tick.error = error;
    }
    await this.#record(tick, scanned.length);
    if (failure !== null) throw failure;
    return needsChief;
  }

  /** Besides what it moved: steps that nobody has taken, and assignments that never arrived. */
  #needsChief({ moved, offline, started_at }: Tick, state: OpenState): boolean {
    if (moved + offline > 0) return true;
    return routeTasks(state).length > 0 || undelivered(state.tasks, state.agents, started_at).length > 0;
  }

  async #checkTask(tick: Tick, state: OpenState, task: Task): Promise<void> {
    const seconds = this.timeoutOf(task.status);
    const if_silent_since = tick.started_at - Math.round(seconds * US_PER_SECOND);
    if (lastSignOfLife(task) >= if_silent_since) return;
    const { task_id, status, entered_sequence_id: fence } = task;
    const hasStale = state.stale_from[profileKey(task.profile, task.profile_version)]?.includes(status) ?? false;
    const step: Pick<UpdateTaskParams, 'to_status' | 'notes_append'> = hasStale
      ? { to_status: 'STALE' }
      : {
          to_status: 'HUMAN_REVIEW',
          notes_append: `Ombudsman: stale heartbeat in status '${status}' (timeout=${seconds}s)`,
        };
    try {
      const params = { task_id, ...step, fence, if_silent_since, reason: 'stale_heartbeat' };
      await tick.board.call('board.update_task', params, { actor: 'ombudsman', tickId: tick.tick_id });
      tick.moved++;
    } catch (error) {
      this.#note(error, tick);
    }
  }

  async #checkAgent(tick: Tick, agent: Agent): Promise<void> {
    if (this.#agentTimeoutSeconds === null || agent.status === 'OFFLINE') return;
    const if_silent_since = tick.started_at - Math.round(this.#agentTimeoutSeconds * US_PER_SECOND);
    if (agent.last_seen_at >= if_silent_since) return;
    try {
      const params = { agent_id: agent.agent_id, if_silent_since };
      const options = { actor: 'ombudsman', tickId: tick.tick_id };
      const { offline } = await tick.board.call('board.set_agent_offline', params, options);
      if (offline) tick.offline++;
    } catch (error) {
      this.#note(error, tick);
    }
  }

  /** Whoever beat or moved at the last moment is alive: no fault. Anything else is, and the others are still looked at. */
  #note(error: unknown, tick: Tick): void {
    if (error instanceof QuadroError && error.code === 'fence_conflict') return;
    tick.error ??= error;
  }

  async #record(tick: Tick, tasks_scanned: number): Promise<void> {
    const { tick_id, started_at } = tick;
    const row = {
      tick_id,
      started_at,
      // A clock that somebody sets back must not make the tick end before it began.
      ended_at: Math.max(this.#surroundings.clock(), started_at),
      statuses_scanned: this.statuses,
      tasks_scanned,
      stale_count: tick.moved,
      error: errorColumn(tick.error),
    };
    try {
      await tick.board.call('board.record_tick', row, { actor: 'ombudsman', tickId: tick_id });
    } catch (error) {
      // Whoever keeps the lease has told of its loss.
      if (!isLeaseLost(error)) this.#surroundings.onError('A tick of the Ombudsman could not leave its row', error);
    }
  }

  async #wakeChief(wake: WakeChief | null): Promise<void> {
    try {
      await wake?.('ombudsman');
    } catch (error) {
      this.#surroundings.onError('The Ombudsman could not wake the Chief', error);
    }
  }
}
