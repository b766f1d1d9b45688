import type { IntentPort } from '../core/intents.ts';
import type { JsonObject } from '../core/json.ts';
import type { WakeTrigger } from '../core/records.ts';
import { isoOf, type Micros } from '../core/time.ts';
import { isLeaseLost } from './leased-port.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** The data key the Chief writes its state to; one with a name of its own adds that. */
export const CHIEF_TELEMETRY_KEY = '_chief_telemetry';

/** The name of a Chief that is given none. */
export const DEFAULT_CHIEF_ID = 'chief';

/** The data key that the Chief of this name writes its state to. */
export function telemetryKeyOf(chiefId: string): string {
  return chiefId === DEFAULT_CHIEF_ID ? CHIEF_TELEMETRY_KEY : `${CHIEF_TELEMETRY_KEY}:${chiefId}`;
}

/** What a Chief is doing. */
export type ChiefState = 'sleeping' | 'thinking' | 'acting';

/** How many cycle durations are kept. */
const RECENT_DURATIONS = 20;

/** The value of {@link telemetryKeyOf} (Q46). */
export interface ChiefTelemetry extends JsonObject {
  readonly status: ChiefState;
  /** ISO 8601; null before the first cycle. */
  readonly last_woke_at: string | null;
  readonly last_slept_at: string | null;
  readonly last_cycle_duration_ms: number | null;
  readonly last_trigger: WakeTrigger | null;
  readonly cycles_run: number;
  /** Reactive cycles in a row that took no action. */
  readonly consecutive_noops: number;
  /** The latest 20, oldest first. */
  readonly recent_durations_ms: readonly number[];
  readonly draining: boolean;
}

const INITIAL: ChiefTelemetry = {
  status: 'sleeping',
  last_woke_at: null,
  last_slept_at: null,
  last_cycle_duration_ms: null,
  last_trigger: null,
  cycles_run: 0,
  consecutive_noops: 0,
  recent_durations_ms: [],
  draining: false,
};

/** A finished cycle, as the telemetry counts it. */
export interface FinishedCycle {
  readonly trigger: WakeTrigger;
  readonly woke_at: Micros;
  readonly slept_at: Micros;
  readonly actions_taken: number;
}

/** A noop is a reactive cycle without an action; one that found nothing on a seed or a tick leaves the streak as it is. */
function noopsAfter(noops: number, { trigger, actions_taken }: FinishedCycle): number {
  if (actions_taken > 0) return 0;
  return trigger === 'worker' || trigger === 'board_event' ? noops + 1 : noops;
}

/**
 * Writes the Chief's state to the board, best-effort: a failure is reported and the Chief goes on. One write is under way
 * at a time, and what changes meanwhile goes in the next one.
 */
export class ChiefTelemetryWriter {
  readonly #key: string;
  readonly #board: () => IntentPort | null;
  readonly #onError: ResolvedSurroundings['onError'];
  #value: ChiefTelemetry = INITIAL;
  #isDirty = false;
  #writing: Promise<void> | null = null;

  /** `board` is where it writes to; null while the Chief stands by, and then nothing is written. */
  constructor(key: string, board: () => IntentPort | null, onError: ResolvedSurroundings['onError']) {
    this.#key = key;
    this.#board = board;
    this.#onError = onError;
  }

  /** The telemetry as it stands in memory, ahead of the board's copy by at most a write. */
  get value(): ChiefTelemetry {
    return this.#value;
  }

  thinking(trigger: WakeTrigger, wokeAt: Micros): void {
    this.#set({ status: 'thinking', last_trigger: trigger, last_woke_at: isoOf(wokeAt) });
  }

  acting(): void {
    this.#set({ status: 'acting' });
  }

  sleeping(cycle: FinishedCycle): void {
    const { cycles_run, consecutive_noops, recent_durations_ms } = this.#value;
    const duration = (cycle.slept_at - cycle.woke_at) / 1000;
    this.#set({
      status: 'sleeping',
      last_slept_at: isoOf(cycle.slept_at),
      last_cycle_duration_ms: duration,
      cycles_run: cycles_run + 1,
      consecutive_noops: noopsAfter(consecutive_noops, cycle),
      recent_durations_ms: [...recent_durations_ms, duration].slice(-RECENT_DURATIONS),
    });
  }

  draining(isDraining: boolean): void {
    this.#set({ draining: isDraining });
  }

  /** Resolves when the board holds what is known now, or the attempt to write it has failed. */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  #set(change: Partial<ChiefTelemetry>): void {
    this.#value = { ...this.#value, ...change } as ChiefTelemetry;
    this.#isDirty = true;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    while (this.#isDirty) {
      this.#isDirty = false;
      try {
        await this.#board()?.call('board.put_data', { key: this.#key, value: this.#value });
      } catch (error) {
        // The new holder of the role writes its own.
        if (!isLeaseLost(error)) this.#onError('The Chief could not write its telemetry', error);
      }
    }
    this.#writing = null;
  }
}
