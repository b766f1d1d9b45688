import type { StageKind } from '../statuses.ts';

/** Every stage kind, in the order pages list them. */
export const STAGE_KINDS: readonly StageKind[] = ['wait', 'active', 'review', 'rework', 'blocked', 'terminal'];
