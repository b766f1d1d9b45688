import { ValidationError } from '../core/errors.ts';
import type { IntentPort } from '../core/intents.ts';
import type { Network } from '../transport/network.ts';
import type { WorkFunction } from './execution.ts';
import { Worker, type WorkerOptions } from './worker.ts';

/** Collects what a worker is, step by step; made by {@link workerBuilder}. Every method but `build` returns the builder. */
export class WorkerBuilder {
  readonly #agentId: string;
  readonly #capabilities: string[] = [];
  #options: Partial<WorkerOptions> = {};

  constructor(agentId: string) {
    this.#agentId = agentId;
  }

  name(name: string): this {
    return this.#set({ name });
  }

  /** Adds what it can do: task types, `review`, or words that a lifecycle's routes name. */
  capability(...capabilities: readonly string[]): this {
    this.#capabilities.push(...capabilities);
    return this;
  }

  /** Where it answers. */
  at(url: string): this {
    return this.#set({ url });
  }

  /** The work. */
  execute(execute: WorkFunction): this {
    return this.#set({ execute });
  }

  /** The function's value is a verdict. */
  reviewer(): this {
    return this.#set({ reviewer: true });
  }

  /** The Chief to wake after work. */
  wakes(url: string): this {
    return this.#set({ wakes: url });
  }

  /** Any other option of a worker. */
  with(options: Pick<WorkerOptions, 'next' | 'timeoutSeconds' | 'version' | 'description'>): this {
    return this.#set(options);
  }

  /** @throws ValidationError (`invalid_payload`) naming the step that is missing. */
  build(surroundings: { readonly board: IntentPort; readonly network: Network }): Worker {
    const { url, execute, ...rest } = this.#options;
    const fail = (step: string): never => {
      throw new ValidationError('invalid_payload', `Worker ${this.#agentId} requires ${step}`);
    };
    return new Worker({
      ...rest,
      ...surroundings,
      agentId: this.#agentId,
      capabilities: [...new Set(this.#capabilities)],
      url: url ?? fail('.at(url)'),
      execute: execute ?? fail('.execute(fn)'),
    });
  }

  #set(options: Partial<WorkerOptions>): this {
    this.#options = { ...this.#options, ...options };
    return this;
  }
}

/**
 * Starts a worker in steps, for those who prefer them to `new Worker({ … })`.
 *
 * @example workerBuilder('ada').capability('article').at('a2a://ada').execute(write).build({ board, network });
 */
export function workerBuilder(agentId: string): WorkerBuilder {
  return new WorkerBuilder(agentId);
}
