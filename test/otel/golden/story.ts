import type { Board } from '../../../board/board.ts';
import type { CallOptions, PostTaskParams, UpdateTaskParams } from '../../../board/core/intents.ts';
import type { ChiefCycle, Event, OmbudsmanTick } from '../../../board/core/records.ts';
import { type Micros, US_PER_SECOND } from '../../../board/core/time.ts';
import { cycleRow, tickRow } from '../array-log.ts';

/** The first moment of the golden logs: 2026-01-01T00:00:00Z. */
export const GOLDEN_START: Micros = 1_767_225_600_000_000;

/** A moment of a story, given in seconds after {@link GOLDEN_START}. */
export function moment(seconds: number): Micros {
  return GOLDEN_START + Math.round(seconds * US_PER_SECOND);
}

/** A clock that stands where it was put. */
export class GoldenClock {
  #now: Micros = GOLDEN_START;
  readonly now = (): Micros => this.#now;
  set(seconds: number): void {
    this.#now = moment(seconds);
  }
}

type Move = Omit<UpdateTaskParams, 'task_id' | 'to_status'> & Pick<CallOptions, 'actor' | 'cycleId' | 'tickId'>;

/** Tells a golden log: what happens on a board, and when, by the board's own intents. */
export class Story {
  readonly #board: Board;
  readonly #clock: GoldenClock;

  constructor(board: Board, clock: GoldenClock) {
    this.#board = board;
    this.#clock = clock;
  }

  /** What is told next happens then, in seconds after the start, or earlier than what was told before: clocks do jump. */
  at(seconds: number): this {
    this.#clock.set(seconds);
    return this;
  }

  async agent(agent_id: string): Promise<void> {
    const card = { agent_id, name: agent_id, url: 'a2a://golden', version: '1', capabilities: [], description: '' };
    await this.#board.registerAgent(card);
  }

  async post(task_id: string, task_type: string, more: Partial<PostTaskParams> = {}): Promise<void> {
    await this.#board.postTask({ task_id, task_type, label: `The label of ${task_id}`, ...more });
  }

  /** Many posts in one commit. */
  async postAll(tasks: readonly PostTaskParams[], options: CallOptions): Promise<void> {
    await this.#board.postTasks(tasks, options);
  }

  async move(task_id: string, to_status: string, { actor, cycleId, tickId, ...params }: Move = {}): Promise<Event> {
    const options = {
      ...(actor !== undefined && { actor }),
      ...(cycleId !== undefined && { cycleId }),
      ...(tickId !== undefined && { tickId }),
    };
    return (await this.#board.updateTask({ task_id, to_status, ...params }, options)).event;
  }

  /** Beats, one at each of these seconds. */
  async beats(
    agent_id: string,
    task_id: string,
    seconds: readonly number[],
    fence: number | null = null,
  ): Promise<void> {
    for (const second of seconds) await this.at(second).#board.postAgentHeartbeat({ agent_id, task_id, fence });
  }

  async result(agent_id: string, task_id: string): Promise<void> {
    await this.#board.postResult({ agent_id, task_id, output: { words: 300 } });
  }

  async archive(task_id: string): Promise<void> {
    await this.#board.archiveTask(task_id);
  }

  /** What leaves no event: a data write. */
  async note(key: string): Promise<void> {
    await this.#board.putData(key, { 'no span': true });
  }

  /** A Chief cycle of so many seconds, which begins now, with what it does; its row comes after. */
  async cycle(
    cycle_id: string,
    row: Partial<ChiefCycle> = {},
    act: (cycle: { readonly cycleId: string; readonly actor: 'chief' }) => Promise<void> = async () => {},
  ): Promise<void> {
    const { next_sequence_id } = await this.#board.board();
    const woke_at = this.#clock.now();
    await act({ cycleId: cycle_id, actor: 'chief' });
    const slept_at = this.#clock.now() + 250_500;
    const seen_sequence_id = next_sequence_id - 1;
    const { sequence_id: _, ...cycle } = cycleRow({ cycle_id, woke_at, slept_at, seen_sequence_id, ...row });
    await this.#board.call('board.record_cycle', cycle);
  }

  /** An Ombudsman tick that begins now, with what it does; its row comes after. */
  async tick(
    tick_id: string,
    row: Partial<OmbudsmanTick> = {},
    act: (tick: { readonly tickId: string; readonly actor: 'ombudsman' }) => Promise<void> = async () => {},
  ): Promise<void> {
    const started_at = this.#clock.now();
    await act({ tickId: tick_id, actor: 'ombudsman' });
    const ended_at = this.#clock.now() + 3_125;
    const { sequence_id: _, ...tick } = tickRow({ tick_id, started_at, ended_at, ...row });
    await this.#board.call('board.record_tick', tick);
  }
}
