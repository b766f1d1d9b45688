import { ConfigurationError } from '../core/errors.ts';
import type { IntentPort } from '../core/intents.ts';
import type { Network } from '../transport/network.ts';
import type { Assignee } from './deliveries.ts';
import type { WorkFunction } from './execution.ts';
import { Ombudsman, type OmbudsmanOptions } from './ombudsman.ts';
import { slots } from './slots.ts';
import type { Surroundings } from './surroundings.ts';
import { Worker } from './worker.ts';

/** The default time-out of a status that a capability names, in seconds. */
const STATUS_TIMEOUT_SECONDS = 1800;

/** The workers of one capability. */
export interface PoolCapability {
  /** How many. Default: the pool's `workers`. */
  readonly workers?: number;
  readonly execute: WorkFunction;
  /** The function's value is a verdict. */
  readonly reviewer?: boolean;
  /** Where a plain output sends a task of a custom lifecycle. */
  readonly next?: string;
  /** The custom status they work in, for the Ombudsman to watch; without it, IN_PROGRESS. */
  readonly activeStatus?: string;
  /** Without a beat for so long, in seconds, the work is taken for dead. Default 1,800. */
  readonly timeoutSeconds?: number;
}

/** How to make a pool. */
export interface WorkerPoolOptions extends Surroundings {
  readonly board: IntentPort;
  readonly network: Network;
  readonly capabilities: Readonly<Record<string, PoolCapability>>;
  /**
   * Stands before its agents' ids, and in their addresses. Pools of several processes on one board need one each: agents of
   * one id are one agent, OFFLINE as soon as one of the processes closes.
   */
  readonly name?: string;
  /** Workers of a capability that names no number. Default 1. */
  readonly workers?: number;
  /** The address of the Chief to wake after work. */
  readonly wakes?: string;
  /** Most functions at a time, over all workers; an assignment beyond it waits, and beats. Default: one a worker. */
  readonly capacity?: number;
}

function checkCount(count: number, what: string): number {
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new ConfigurationError('invalid_configuration', `${what} must be a whole number from 1`);
}

/**
 * N workers a capability, in this process: `{capability}_worker_{i}` at `a2a://workers/{capability}_{i}`, from 1; with a name
 * `{name}_{capability}_worker_{i}` at `a2a://workers/{name}/{capability}_{i}`.
 *
 * @example
 * const pool = new WorkerPool({ board, network, capabilities: { article: { workers: 3, execute: write } } });
 * await pool.build();
 */
export class WorkerPool {
  /** What this pool's workers are and where they answer: capability → [agent_id, url]. */
  readonly registry: Readonly<Record<string, readonly (readonly [string, string])[]>>;
  readonly workers: readonly Worker[];
  /** Most functions at a time. */
  readonly capacity: number;
  readonly #options: WorkerPoolOptions;
  #built: Promise<this> | null = null;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const entries = Object.entries(options.capabilities);
    const size = (capability: string, { workers = options.workers ?? 1 }: PoolCapability): number =>
      checkCount(workers, `The number of ${capability} workers`);
    const total = entries.reduce((sum, [name, each]) => sum + size(name, each), 0);
    this.capacity = checkCount(options.capacity ?? Math.max(total, 1), 'capacity');
    const run = slots(this.capacity);
    const made = entries.map(([name, each]): [string, Worker[]] => [
      name,
      Array.from({ length: size(name, each) }, (_, index) => workerOf(options, name, each, index + 1, run)),
    ]);
    this.workers = made.flatMap(([, workers]) => workers);
    this.registry = Object.fromEntries(
      made.map(([name, workers]) => [name, workers.map(({ agentId, url }) => [agentId, url] as const)]),
    );
  }

  /** Registers every worker and lets it work; a second call gives the same pool, a failed one can be tried again. */
  build(): Promise<this> {
    this.#built ??= Promise.all(this.workers.map(worker => worker.start())).then(
      () => this,
      error => {
        this.#built = null;
        throw error;
      },
    );
    return this.#built;
  }

  /** The same as {@link build}, for whoever starts workers without asking what they are. */
  async start(): Promise<void> {
    await this.build();
  }

  /** Takes no more work, waits for what is under way up to the deadline, then tells it to stop. */
  async close(deadlineSeconds = 10): Promise<void> {
    await Promise.all(this.workers.map(worker => worker.close(deadlineSeconds)));
  }

  /** Whom a run brings assignments to. */
  get assignees(): readonly Assignee[] {
    return this.workers;
  }

  /** The custom statuses its workers work in. */
  get workingStatuses(): ReadonlySet<string> {
    return new Set(Object.values(this.#options.capabilities).flatMap(({ activeStatus }) => activeStatus ?? []));
  }

  /** Status → time-out in seconds; where several capabilities share one, the longest. */
  get statusTimeouts(): Readonly<Record<string, number>> {
    const timeouts = new Map<string, number>();
    for (const { activeStatus, timeoutSeconds } of Object.values(this.#options.capabilities)) {
      if (activeStatus === undefined && timeoutSeconds === undefined) continue;
      const status = activeStatus ?? 'IN_PROGRESS';
      timeouts.set(status, Math.max(timeouts.get(status) ?? 0, timeoutSeconds ?? STATUS_TIMEOUT_SECONDS));
    }
    return Object.fromEntries(timeouts);
  }

  /**
   * An Ombudsman that watches the statuses this pool works in.
   *
   * @throws ConfigurationError where the pool is not built yet: nobody would be there to beat.
   */
  ombudsman(options: Partial<OmbudsmanOptions> = {}): Ombudsman {
    if (this.#built === null) {
      throw new ConfigurationError('invalid_configuration', 'The pool gives an Ombudsman only after .build()');
    }
    const { board, clock, newId, onError } = this.#options;
    return new Ombudsman({
      board,
      timeoutSeconds: STATUS_TIMEOUT_SECONDS,
      workingStatuses: this.workingStatuses,
      statusTimeouts: this.statusTimeouts,
      ...(clock && { clock }),
      ...(newId && { newId }),
      ...(onError && { onError }),
      ...options,
    });
  }
}

function workerOf(
  pool: WorkerPoolOptions,
  capability: string,
  { execute, reviewer, next, timeoutSeconds }: PoolCapability,
  index: number,
  run: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Worker {
  const { board, network, name, wakes, clock, newId, onError } = pool;
  const [idPrefix, urlPrefix] = name === undefined ? ['', ''] : [`${name}_`, `${name}/`];
  return new Worker({
    agentId: `${idPrefix}${capability}_worker_${index}`,
    url: `a2a://workers/${urlPrefix}${capability}_${index}`,
    capabilities: [capability],
    board,
    network,
    execute: context => run(async () => execute(context)),
    timeoutSeconds: timeoutSeconds ?? STATUS_TIMEOUT_SECONDS,
    ...(reviewer !== undefined && { reviewer }),
    ...(next !== undefined && { next }),
    ...(wakes !== undefined && { wakes }),
    ...(clock && { clock }),
    ...(newId && { newId }),
    ...(onError && { onError }),
  });
}
