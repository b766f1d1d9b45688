import { setTimeout as sleep } from 'node:timers/promises';
import { Chief } from '../../board/agents/chief.ts';
import type { WorkContext } from '../../board/agents/execution.ts';
import { type Move, moveTo } from '../../board/agents/move.ts';
import type { BoardRun } from '../../board/agents/run.ts';
import { type PoolCapability, WorkerPool } from '../../board/agents/worker-pool.ts';
import type { Board } from '../../board/board.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import { localNetwork } from '../../board/transport/network.ts';
import { NEWSROOM } from '../../cli/demo/newsroom.ts';
import { addSilentAgents } from './observed-run-silent-agents.ts';

/** The lifecycles of the run's board. */
export const LIFECYCLES: readonly Lifecycle[] = [NEWSROOM];

/** Its task types: a lifecycle with stages of its own, both built-in ones, and one that no agent there can do. */
export const PROFILES = { article: 'newsroom', memo: 'review_required', note: 'fast', legal: 'fast' } as const;

/** At the usual pace: silence that is taken for death, and how often the Ombudsman looks, in seconds. */
const TIMEOUT_SECONDS = 2;
const TICK_SECONDS = 0.5;

const CHIEF_URL = 'a2a://chief';

/** A part of it in the label makes the work on a task fail. */
export const BROKEN = 'broken';

/** What can be turned while the office is open. */
export interface Knobs {
  /** Of how many reviews one sends the task back. */
  rejectEvery: number;
}

/** Times around a mean, the same in every run: many short ones, a few long ones. */
const FACTORS = [0.5, 0.8, 1.1, 0.6, 2.4, 0.7, 0.9, 0.5, 1.6, 0.9];

class Pace {
  readonly #slowness: number;
  #taken = 0;

  constructor(slowness: number) {
    this.#slowness = slowness;
  }

  async take(meanSeconds: number, { signal, task }: WorkContext): Promise<void> {
    const factor = FACTORS[this.#taken++ % FACTORS.length] ?? 1;
    await sleep(meanSeconds * factor * this.#slowness * 1000, undefined, { signal });
    if (task.label.includes(BROKEN)) throw new Error('the archive answered 502 Bad Gateway');
  }
}

function capabilitiesOf(knobs: Knobs, slowness: number): Readonly<Record<string, PoolCapability>> {
  const pace = new Pace(slowness);
  let reviews = 0;
  const work = (seconds: number, what: string) => async (context: WorkContext) => {
    await pace.take(seconds, context);
    return `${what} for ${context.task.label}`;
  };
  const review = async (context: WorkContext): Promise<Move> => {
    await pace.take(0.08, context);
    const isRejected = ++reviews % knobs.rejectEvery === 0;
    const [accepted, rejected] =
      context.task.task_type === 'article' ? ['published', 'research_ready'] : ['APPROVED', 'REVISION_NEEDED'];
    return moveTo(isRejected ? rejected : accepted, { notes_append: isRejected ? 'write it again' : 'approved' });
  };
  const timeoutSeconds = TIMEOUT_SECONDS * slowness;
  const stage = (seconds: number, what: string, next: string, activeStatus: string, workers: number) => {
    return { execute: work(seconds, what), next, activeStatus, workers, timeoutSeconds };
  };
  return {
    ideation: stage(0.2, 'an idea', 'idea_ready', 'ideating', 1),
    research: stage(0.3, 'three sources', 'research_ready', 'researching', 2),
    writing: stage(0.5, 'a draft', 'draft_ready', 'writing', 3),
    review: { execute: review, activeStatus: 'reviewing', workers: 2, timeoutSeconds },
    memo: { execute: work(0.4, 'a memo'), workers: 2, timeoutSeconds },
    note: { execute: work(0.05, 'a note'), workers: 1, timeoutSeconds },
  };
}

/** The agents of a board, each of whom can be stopped for itself. */
export class Office {
  readonly knobs: Knobs = { rejectEvery: 6 };
  readonly #board: Board;
  readonly #slowness: number;
  readonly #network = localNetwork();
  readonly #pool: WorkerPool;
  #chief: Chief | null = null;
  #chiefRun: BoardRun | null = null;
  #deaf: Chief | null = null;
  #ombudsmanRun: BoardRun | null = null;

  /** @param slowness How many times as long as usual everything takes. */
  constructor(board: Board, slowness: number) {
    this.#board = board;
    this.#slowness = slowness;
    const capabilities = capabilitiesOf(this.knobs, slowness);
    this.#pool = new WorkerPool({ board, network: this.#network, capabilities, wakes: CHIEF_URL });
  }

  /** Lets everybody work. */
  async open(): Promise<void> {
    await this.#pool.build();
    await this.startChief();
    await this.startOmbudsman();
  }

  async startChief(): Promise<void> {
    this.#chief = new Chief({ board: this.#board, network: this.#network, url: CHIEF_URL });
    this.#chiefRun = await this.#board.run({ chief: this.#chief });
  }

  /** It answers nobody and dispatches nothing, while the workers go on with what they have. */
  async stopChief(): Promise<void> {
    this.#chief = null;
    await this.#chiefRun?.close();
    this.#chiefRun = null;
  }

  /** Its place is taken by a Chief that hears of nothing: it looks once, and sleeps on. */
  async deafenChief(): Promise<void> {
    await this.stopChief();
    this.#deaf = new Chief({ board: this.#board, network: this.#network });
    await this.#deaf.wake('seed');
  }

  /** The deaf Chief wakes and finds what it slept over; then one that hears is back. */
  async wakeDeafChief(): Promise<void> {
    await this.#deaf?.wake('seed');
    await this.#deaf?.close();
    this.#deaf = null;
    await this.startChief();
  }

  async startOmbudsman(): Promise<void> {
    const ombudsman = this.#pool.ombudsman({
      timeoutSeconds: TIMEOUT_SECONDS * this.#slowness,
      wake: async trigger => this.#chief?.wake(trigger),
    });
    this.#ombudsmanRun = await this.#board.run({ ombudsman, tickSeconds: TICK_SECONDS * this.#slowness });
  }

  async stopOmbudsman(): Promise<void> {
    await this.#ombudsmanRun?.close();
    this.#ombudsmanRun = null;
  }

  /** Everybody goes. */
  async close(): Promise<void> {
    await this.stopChief();
    await this.stopOmbudsman();
    await this.#pool.close();
  }

  /** Lets an agent a capability join that hangs in its first task; resolves when all of them do. */
  addSilentAgents(capabilities: readonly string[], name: string): Promise<void> {
    return addSilentAgents(this.#board, this.#network, capabilities, name);
  }
}
