import { Chief } from '../../board/agents/chief.ts';
import { Ombudsman } from '../../board/agents/ombudsman.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { WORKING_KINDS } from '../../board/core/statuses.ts';
import { type Event, type Micros, openBoard } from '../../board/index.ts';
import { localNetwork } from '../../board/transport/network.ts';
import { at, register } from './small-log.ts';

/**
 * The faults of the run, so that the report can be held against them:
 *
 * - from 1,500 s on the Chief hears nothing for 240 s, while articles are posted and writers stand idle;
 * - `translation` has one agent, and about as much work as it can do;
 * - the writer `w4` dies at 900 s, with whatever it holds then and whatever it is given after;
 * - reviewers send back two of five.
 */
export const PLANTED = {
  deafFrom: 1_500,
  deafSeconds: 240,
  deadFrom: 900,
  deadWriter: 'w4',
  /** Of five reviews in a row, those that send work back. */
  sentBack: [1, 3],
} as const;

const END_SECONDS = 3_000;
const BEAT_SECONDS = 10;
const TICK_SECONDS = 30;
const TIMEOUT_SECONDS = 60;
/** How long each kind of work takes, in seconds; every piece the same, so that what stands out was planted. */
const WORK_SECONDS = { article: 30, translation: 38, review: 12 } as const;
const ARRIVAL_SECONDS = { article: 20, translation: 40 } as const;
/** A healthy Chief's reaction: it wakes so long after whatever is news. */
const REACTION_SECONDS = 0.2;

type Capability = keyof typeof WORK_SECONDS;

type Agents = readonly (readonly [agent_id: string, capability: Capability])[];

const AGENTS: Agents = [
  ['w1', 'article'],
  ['w2', 'article'],
  ['w3', 'article'],
  ['w4', 'article'],
  ['t1', 'translation'],
  ['r1', 'review'],
  ['r2', 'review'],
];

/** Whom a run without faults has besides: a second translator. */
const HEALTHY_AGENTS: Agents = [...AGENTS, ['t2', 'translation']];

interface Happening {
  readonly seconds: number;
  readonly order: number;
  readonly act: () => Promise<unknown>;
}

/** A newsroom in a time of its own: real board, Chief and Ombudsman, workers by script. */
class PlantedRun {
  readonly board: Board;
  readonly #chief: Chief;
  readonly #ombudsman: Ombudsman;
  readonly #happenings: Happening[] = [];
  readonly #setNow: (micros: Micros) => void;
  #order = 0;
  #seconds = 0;
  readonly #isFaulty: boolean;
  readonly #agents: Agents;
  #isWakeDue = false;
  #reviews = 0;
  #posted = 0;

  constructor(board: Board, isFaulty: boolean, setNow: (micros: Micros) => void, clock: () => Micros) {
    this.board = board;
    this.#isFaulty = isFaulty;
    this.#agents = isFaulty ? AGENTS : HEALTHY_AGENTS;
    this.#setNow = setNow;
    const network = localNetwork();
    for (const [agent_id] of this.#agents) {
      const answer = { request_id: 'taken', ok: true, result: {}, error: null };
      network.registerEndpoint(`a2a://${agent_id}`, async () => answer);
    }
    this.#chief = new Chief({ board, network, clock });
    this.#ombudsman = new Ombudsman({ board, clock, timeoutSeconds: TIMEOUT_SECONDS, agentTimeoutSeconds: null });
    board.onEvents(events => this.#heard(events));
  }

  async play(): Promise<void> {
    for (const [agent_id, capability] of this.#agents) await register(this.board, agent_id, capability);
    for (const type of ['article', 'translation'] as const) this.#at(1, () => this.#post(type));
    this.#at(TICK_SECONDS, () => this.#tick());
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      this.#seconds = next.seconds;
      this.#setNow(at(next.seconds));
      await next.act();
    }
  }

  #at(seconds: number, act: () => Promise<unknown>): void {
    if (seconds <= END_SECONDS) this.#happenings.push({ seconds, order: this.#order++, act });
  }

  #take(): Happening | undefined {
    this.#happenings.sort((a, b) => a.seconds - b.seconds || a.order - b.order);
    return this.#happenings.shift();
  }

  async #post(task_type: 'article' | 'translation'): Promise<void> {
    const task_id = `${task_type}-${++this.#posted}`;
    await this.board.postTask({ task_id, task_type, label: `A ${task_type}` });
    this.#at(this.#seconds + ARRIVAL_SECONDS[task_type], () => this.#post(task_type));
  }

  async #tick(): Promise<void> {
    await this.#ombudsman.nudge();
    this.#at(this.#seconds + TICK_SECONDS, () => this.#tick());
  }

  #isDeaf(): boolean {
    return (
      this.#isFaulty && this.#seconds >= PLANTED.deafFrom && this.#seconds < PLANTED.deafFrom + PLANTED.deafSeconds
    );
  }

  /** What is news wakes the Chief a moment later, unless it is deaf; then it hears when that is over. */
  #heard(events: readonly Event[]): void {
    for (const event of events)
      if (event.stage_kind !== null && WORKING_KINDS.has(event.stage_kind)) this.#begin(event);
    const isNews = events.some(({ event_type, cycle_id }) => event_type !== 'task_heartbeat' && cycle_id === null);
    if (!isNews || this.#isWakeDue) return;
    this.#isWakeDue = true;
    const deafUntil = this.#isDeaf() ? PLANTED.deafFrom + PLANTED.deafSeconds : this.#seconds;
    this.#at(deafUntil + REACTION_SECONDS, async () => {
      this.#isWakeDue = false;
      await this.#chief.wake('board_event');
    });
  }

  #isDead(agent: string): boolean {
    return this.#isFaulty && agent === PLANTED.deadWriter && this.#seconds >= PLANTED.deadFrom;
  }

  #begin({ task_id, task_type, sequence_id, assigned_to, stage_kind }: Event): void {
    const agent = assigned_to ?? '';
    const kind: Capability = stage_kind === 'review' ? 'review' : (task_type as 'article' | 'translation');
    const length = WORK_SECONDS[kind];
    for (let beat = 1; beat < length; beat += BEAT_SECONDS) {
      this.#at(this.#seconds + beat, () => this.#beat(agent, task_id, sequence_id));
    }
    this.#at(this.#seconds + length, () => this.#finish(agent, task_id, sequence_id, kind));
  }

  async #beat(agent_id: string, task_id: string, fence: number): Promise<void> {
    if (!this.#isDead(agent_id)) await this.board.postAgentHeartbeat({ agent_id, task_id, fence });
  }

  async #finish(agent: string, task_id: string, fence: number, kind: Capability): Promise<void> {
    if (this.#isDead(agent)) return;
    if (kind !== 'review') {
      await this.board.postResult({ task_id, output: 'done', agent_id: agent, fence });
      return;
    }
    const sentBack: readonly number[] = PLANTED.sentBack;
    const isSentBack = this.#isFaulty && sentBack.includes(this.#reviews++ % 5);
    await this.board.updateTask({ task_id, to_status: isSentBack ? 'REVISION_NEEDED' : 'APPROVED', fence });
  }
}

/** The board after the run, with its faults or, to compare, without any. */
export async function playPlantedRun(isFaulty = true): Promise<Board> {
  let now = at(0);
  const clock = (): Micros => now;
  const setNow = (micros: Micros): void => {
    now = Math.max(now, micros);
  };
  const taskTypes = { article: 'review_required', translation: 'fast' };
  const board = await openBoard({ backend: sqlite({ file: ':memory:' }), taskTypes, clock });
  await new PlantedRun(board, isFaulty, setNow, clock).play();
  return board;
}
