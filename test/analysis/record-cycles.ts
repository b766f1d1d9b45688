import type { Board } from '../../board/board.ts';
import type { ChiefCycle } from '../../board/core/records.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';
import { at } from './small-log.ts';

/** A cycle of a Chief as a test tells it; times in seconds. */
export interface Cycle {
  readonly woke: number;
  readonly slept: number;
  /** Null where it was started; left out: as the cycle before it went to sleep. */
  readonly previous?: number | null;
  /** Default `worker`; `seed` where it was started. */
  readonly trigger?: ChiefCycle['trigger'];
  /** Default 1. */
  readonly actions?: number;
  /** How much of it is thinking. Default half. */
  readonly thinking?: number;
  /** Tasks waiting as it woke. Default 0. */
  readonly depth?: number;
  readonly error?: string;
}

/** Leaves the rows of a Chief's cycles, in their order. */
export async function recordCycles(board: Board, chief_id: string, cycles: readonly Cycle[]): Promise<void> {
  let slept: number | null = null;
  for (const [index, cycle] of cycles.entries()) {
    const previous: number | null = cycle.previous === undefined ? slept : cycle.previous;
    const thinking_us = Math.round((cycle.thinking ?? (cycle.slept - cycle.woke) / 2) * 1_000_000);
    await board.call('board.record_cycle', {
      cycle_id: `${chief_id}-${index + 1}`,
      chief_id,
      trigger: cycle.trigger ?? (previous === null ? 'seed' : 'worker'),
      woke_at: at(cycle.woke),
      slept_at: at(cycle.slept),
      previous_slept_at: previous === null ? null : at(previous),
      seen_sequence_id: 0,
      thinking_us,
      acting_us: at(cycle.slept) - at(cycle.woke) - thinking_us,
      actions_taken: cycle.actions ?? 1,
      coalesced_wakes: 0,
      ...NO_DEPTHS,
      waiting: cycle.depth ?? 0,
      draining: false,
      error: cycle.error ?? null,
    });
    slept = cycle.slept;
  }
}

/** Cycles that wake every so many seconds, from one second to another, each a second long. */
export function everySeconds(period: number, from: number, to: number): Cycle[] {
  const count = Math.floor((to - from) / period) + 1;
  return Array.from({ length: count }, (_, index) => ({
    woke: from + index * period,
    slept: from + index * period + 1,
  }));
}
