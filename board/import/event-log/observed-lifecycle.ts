import { ConfigurationError, errorOf } from '../../core/errors.ts';
import { suggestion } from '../../core/lifecycle/closest.ts';
import type { Edge, LifecycleDefinition } from '../../core/lifecycle/types.ts';
import type { StageKind } from '../../core/statuses.ts';

/** The profile that all cases of an imported log follow. */
export const OBSERVED_PROFILE = 'imported';

/** A step that cases took. */
export interface ObservedStep {
  readonly from_status: string;
  readonly to_status: string;
  readonly count: number;
  /** How often it led to a status in which its case had been before. */
  readonly returns: number;
}

/** More are no activities but a text that is new in every row. */
const MAX_STATUSES = 10_000;
const MAX_STEPS = 100_000;

/**
 * The lifecycle that a log shows: each step that was taken, a `loop` where at least every other time it led back to where its case
 * had been, else `forward`. What a stay in a status is the log does not say: a `wait`, unless it is named.
 *
 * @param statuses in the order in which they first come
 * @throws ValidationError (`invalid_source`) where there are too many; ConfigurationError for a kind of a status that is not there
 */
export function observedLifecycle(
  statuses: readonly string[],
  steps: readonly ObservedStep[],
  kinds: Readonly<Record<string, StageKind>>,
): LifecycleDefinition {
  if (statuses.length > MAX_STATUSES || steps.length > MAX_STEPS) {
    const what = `${statuses.length} different statuses and ${steps.length} steps between them`;
    throw errorOf('invalid_source', `The log has ${what}: the column of the status is no activity, choose another`);
  }
  for (const status of Object.keys(kinds)) {
    if (statuses.includes(status)) continue;
    throw new ConfigurationError(
      'invalid_configuration',
      `kinds: no row has the status ${status}${suggestion(status, statuses)}`,
    );
  }
  const edges = steps.map(
    ({ from_status, to_status, count, returns }): Edge => ({
      from: from_status,
      to: to_status,
      edge: 2 * returns >= count ? 'loop' : 'forward',
    }),
  );
  const kindOf = (status: string): StageKind => (Object.hasOwn(kinds, status) ? (kinds[status] ?? 'wait') : 'wait');
  return {
    name: OBSERVED_PROFILE,
    columns: statuses,
    edges,
    kinds: Object.fromEntries(statuses.map(status => [status, kindOf(status)])),
    routes: {},
    ungoverned: true,
  };
}
