import { profileKey } from '../core/decide/profiles.ts';
import { ConfigurationError, QuadroError } from '../core/errors.ts';
import type { IntentPort, OpenState, UpdateTaskParams } from '../core/intents.ts';
import type { Agent, Task } from '../core/records.ts';
import { type Micros, US_PER_SECOND } from '../core/time.ts';
import { undelivered } from './dispatcher.ts';
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

/** What a tick found and did, and the first thing that went wrong. */
interface Findings {
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
  readonly #board: IntentPort;
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
    this.#board = board;
    this.#wake = wake;
    this.#timeoutSeconds = timeoutSeconds;
    this.#statusTimeouts = new Map(Object.entries(statusTimeouts));
    this.#agentTimeoutSeconds = agentTimeoutSeconds;
    this.#statuses = new Set(['IN_PROGRESS', ...workingStatuses, ...this.#statusTimeouts.keys()]);
    this.#surroundings = surroundingsOf(options);
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
   * One tick: scans, moves, leaves a row, and wakes the Chief if it found something. Answers how many tasks it moved.
   * Rejects only where the board could not be read. `wake` is for an Ombudsman that was made without one.
   */
  async nudge(wake: WakeChief | null = null): Promise<number> {
    const { clock, newId } = this.#surroundings;
    const tickId = newId();
    const startedAt = clock();
    const findings: Findings = { moved: 0, offline: 0, error: null };
    let scanned: readonly Task[] = [];
    let needsChief = false;
    let failure: unknown = null;
    try {
      const state = await this.#board.call('board.get_open_state', {});
      scanned = state.tasks.filter(task => this.#statuses.has(task.status));
      await Promise.all([
        ...scanned.map(task => this.#checkTask(state, task, startedAt, tickId, findings)),
        ...state.agents.map(agent => this.#checkAgent(agent, startedAt, tickId, findings)),
      ]);
      needsChief = this.#needsChief(state, startedAt, findings);
    } catch (error) {
      failure = error;
      findings.error = error;
    }
    await this.#record(tickId, startedAt, scanned.length, findings);
    if (failure !== null) throw failure;
    if (needsChief) await this.#wakeChief(this.#wake ?? wake);
    return findings.moved;
  }

  /** Besides what it moved: steps that nobody has taken, and assignments that never arrived. */
  #needsChief(state: OpenState, now: Micros, { moved, offline }: Findings): boolean {
    if (moved + offline > 0) return true;
    return routeTasks(state).length > 0 || undelivered(state.tasks, state.agents, now).length > 0;
  }

  async #checkTask(state: OpenState, task: Task, now: Micros, tickId: string, findings: Findings): Promise<void> {
    const seconds = this.timeoutOf(task.status);
    const if_silent_since = now - Math.round(seconds * US_PER_SECOND);
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
      await this.#board.call('board.update_task', params, { actor: 'ombudsman', tickId });
      findings.moved++;
    } catch (error) {
      this.#note(error, findings);
    }
  }

  async #checkAgent(agent: Agent, now: Micros, tickId: string, findings: Findings): Promise<void> {
    if (this.#agentTimeoutSeconds === null || agent.status === 'OFFLINE') return;
    const if_silent_since = now - Math.round(this.#agentTimeoutSeconds * US_PER_SECOND);
    if (agent.last_seen_at >= if_silent_since) return;
    try {
      const params = { agent_id: agent.agent_id, if_silent_since };
      const { offline } = await this.#board.call('board.set_agent_offline', params, { actor: 'ombudsman', tickId });
      if (offline) findings.offline++;
    } catch (error) {
      this.#note(error, findings);
    }
  }

  /** Whoever beat or moved at the last moment is alive: no fault. Anything else is, and the others are still looked at. */
  #note(error: unknown, findings: Findings): void {
    if (error instanceof QuadroError && error.code === 'fence_conflict') return;
    findings.error ??= error;
  }

  async #record(tick_id: string, started_at: Micros, tasks_scanned: number, findings: Findings): Promise<void> {
    const row = {
      tick_id,
      started_at,
      // A clock that somebody sets back must not make the tick end before it began.
      ended_at: Math.max(this.#surroundings.clock(), started_at),
      statuses_scanned: this.statuses,
      tasks_scanned,
      stale_count: findings.moved,
      error: errorColumn(findings.error),
    };
    try {
      await this.#board.call('board.record_tick', row, { actor: 'ombudsman', tickId: tick_id });
    } catch (error) {
      this.#surroundings.onError('A tick of the Ombudsman could not leave its row', error);
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
