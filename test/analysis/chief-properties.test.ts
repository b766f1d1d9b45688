import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import { type Cycle, recordCycles } from './record-cycles.ts';
import { rowsOf } from './rows-of.ts';
import { openTimedBoard } from './small-log.ts';
import { sumOf } from './sum-of.ts';

/** How a cycle follows the one before it, in microseconds: after a sleep, or, where it was started anew, after a pause. */
interface Turn {
  pause: number;
  isStart: boolean;
  thinking: number;
  acting: number;
  trigger: 'worker' | 'ombudsman' | 'seed' | 'board_event';
  actions: number;
  depth: number;
  error: string | undefined;
}

const MICROS = fc.oneof(fc.constantFrom(0, 1, 999_999, 1_000_000), fc.integer({ min: 0, max: 5_000_000_000 }));

const TURN: fc.Arbitrary<Turn> = fc.record({
  pause: MICROS,
  isStart: fc.boolean(),
  thinking: MICROS,
  acting: MICROS,
  trigger: fc.constantFrom('worker', 'ombudsman', 'seed', 'board_event'),
  actions: fc.nat(2),
  depth: fc.nat(3),
  error: fc.constantFrom(undefined, undefined, 'it failed'),
});

function cyclesOf(turns: readonly Turn[]): Cycle[] {
  let now = 0;
  return turns.map(({ pause, isStart, thinking, acting, error, ...turn }, index) => {
    const slept = now;
    const woke = slept + pause;
    now = woke + thinking + acting;
    const previous = isStart || index === 0 ? null : slept / 1e6;
    return { ...turn, woke: woke / 1e6, slept: now / 1e6, thinking: thinking / 1e6, previous, ...(error && { error }) };
  });
}

/** Noops as the Chief's own telemetry counts them: the longest run, which an action ends. */
function longestStreak(turns: readonly Turn[]): number {
  let [streak, longest] = [0, 0];
  for (const { trigger, actions, error } of turns) {
    if (actions > 0) streak = 0;
    else if (error === undefined && (trigger === 'worker' || trigger === 'board_event'))
      longest = Math.max(longest, ++streak);
  }
  return longest;
}

describe('any Chief', () => {
  it('spends its life sleeping, thinking, acting or stopped, and every cycle and sleep is counted once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(TURN, { minLength: 1, maxLength: 60 }), async turns => {
        const { board } = await openTimedBoard();
        await recordCycles(board, 'chief', cyclesOf(turns));
        const analysis = await openAnalysis(board);
        try {
          const [study] = await rowsOf(analysis, 'sleep_study');
          if (study === undefined) throw new Error('no study');
          const { life_seconds, sleeping_seconds, thinking_seconds, acting_seconds, stopped_seconds } = study;
          expect(sleeping_seconds + thinking_seconds + acting_seconds + stopped_seconds).toBeCloseTo(life_seconds, 5);

          const series = await rowsOf(analysis, 'chief_series');
          expect(series.length).toBeLessThanOrEqual(200);
          expect(sumOf(series, row => row.seconds)).toBeCloseTo(life_seconds, 5);
          for (const state of ['sleeping_seconds', 'thinking_seconds', 'acting_seconds', 'stopped_seconds'] as const) {
            expect(Math.min(...series.map(row => row[state]))).toBeGreaterThanOrEqual(0);
            expect(
              sumOf(series, row => row[state]),
              state,
            ).toBeCloseTo(study[state], 5);
          }
          for (const row of series) {
            expect(row.sleeping_seconds + row.thinking_seconds + row.acting_seconds + row.stopped_seconds).toBeCloseTo(
              row.seconds,
              6,
            );
          }

          const timeline = await rowsOf(analysis, 'chief_timeline');
          expect(sumOf(timeline, row => row.seconds)).toBeCloseTo(
            sleeping_seconds + thinking_seconds + acting_seconds,
            5,
          );

          const lengths = await rowsOf(analysis, 'sleep_distribution');
          expect(sumOf(lengths, row => row.count)).toBe(study.sleeps);
          if (study.sleeps > 0) expect(sumOf(lengths, row => row.share)).toBeCloseTo(1, 9);
          expect(sumOf(await rowsOf(analysis, 'sleep_heatmap'), row => row.sleeps)).toBe(study.sleeps);

          expect(sumOf(series, row => row.cycles)).toBe(turns.length);
          const triggers = await rowsOf(analysis, 'wake_triggers');
          expect(sumOf(triggers, row => row.wakes)).toBe(turns.length);
          expect(sumOf(triggers, row => row.share)).toBeCloseTo(1, 9);
          expect(sumOf(await rowsOf(analysis, 'cycle_depth_deciles'), row => row.cycles)).toBe(turns.length);

          const [noops] = await rowsOf(analysis, 'noop_rate');
          const streaks = await rowsOf(analysis, 'noop_streaks');
          expect(noops?.longest_streak).toBe(longestStreak(turns));
          expect(streaks[0]?.cycles ?? 0).toBe(longestStreak(turns));
          expect(sumOf(series, row => row.noops)).toBe(noops?.noops);
        } finally {
          await analysis.close();
          await board.close();
        }
      }),
      { numRuns: 12 },
    );
  });
});
