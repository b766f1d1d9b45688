import type { ChiefCycle, WakeTrigger } from './records.ts';

/** What a cycle came to: `error` failed, `acted` did something, `noop` woke for news that needed nothing, `empty` the rest. */
export type CycleResult = 'acted' | 'noop' | 'empty' | 'error';

/** Whether the trigger is news (a result, a commit): a cycle that then does nothing is signal noise (spec.md, Chief). */
export function isReactive(trigger: WakeTrigger): boolean {
  return trigger === 'worker' || trigger === 'board_event';
}

/** A cycle's {@link CycleResult}. */
export function cycleResultOf(cycle: Pick<ChiefCycle, 'error' | 'actions_taken' | 'trigger'>): CycleResult {
  if (cycle.error !== null) return 'error';
  if (cycle.actions_taken > 0) return 'acted';
  return isReactive(cycle.trigger) ? 'noop' : 'empty';
}
