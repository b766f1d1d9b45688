import { BUILTIN_NAMES, createLifecycle, type LifecycleOptions } from './lifecycle.ts';
import { type Lifecycle, type LifecycleDefinition, type Route, TASK_TYPE_CAPABILITY } from './types.ts';

/** The version of a built-in profile: it is never stored, so it never changes on a board. */
export const BUILTIN_VERSION = 0;

/** The name of a profile that every board has. */
export type BuiltinName = 'review_required' | 'fast';

const START: Route = { to_status: 'IN_PROGRESS', capability: TASK_TYPE_CAPABILITY };
const RESTART: Route = { to_status: 'UNASSIGNED', capability: null };

const DEFINITIONS: Readonly<Record<BuiltinName, LifecycleDefinition>> = {
  review_required: {
    name: 'review_required',
    columns: ['UNASSIGNED', 'IN_PROGRESS', 'PENDING_REVIEW', 'REVISION_NEEDED', 'APPROVED', 'COMPLETE', 'STALE'],
    edges: [
      { from: 'UNASSIGNED', to: 'IN_PROGRESS', edge: 'forward' },
      { from: 'IN_PROGRESS', to: 'PENDING_REVIEW', edge: 'forward' },
      { from: 'IN_PROGRESS', to: 'REVISION_NEEDED', edge: 'revision' },
      { from: 'IN_PROGRESS', to: 'APPROVED', edge: 'forward' },
      { from: 'IN_PROGRESS', to: 'STALE', edge: 'stale' },
      { from: 'PENDING_REVIEW', to: 'IN_PROGRESS', edge: 'forward' },
      { from: 'REVISION_NEEDED', to: 'IN_PROGRESS', edge: 'forward' },
      { from: 'APPROVED', to: 'COMPLETE', edge: 'forward' },
      { from: 'STALE', to: 'UNASSIGNED', edge: 'reassign' },
    ],
    kinds: {},
    routes: {
      UNASSIGNED: START,
      PENDING_REVIEW: { to_status: 'IN_PROGRESS', capability: 'review' },
      REVISION_NEEDED: START,
      APPROVED: { to_status: 'COMPLETE', capability: null },
      STALE: RESTART,
    },
  },
  fast: {
    name: 'fast',
    columns: ['UNASSIGNED', 'IN_PROGRESS', 'COMPLETE', 'STALE'],
    edges: [
      { from: 'UNASSIGNED', to: 'IN_PROGRESS', edge: 'forward' },
      { from: 'IN_PROGRESS', to: 'COMPLETE', edge: 'forward' },
      { from: 'IN_PROGRESS', to: 'STALE', edge: 'stale' },
      { from: 'STALE', to: 'UNASSIGNED', edge: 'reassign' },
    ],
    kinds: {},
    routes: { UNASSIGNED: START, STALE: RESTART },
  },
};

/** Whether a profile is one that every board has. */
export function isBuiltinProfile(name: string): name is BuiltinName {
  return BUILTIN_NAMES.has(name);
}

/** A profile that every board has, expanded as the board's options say. */
export function builtinLifecycle(name: BuiltinName, options: LifecycleOptions = {}): Lifecycle {
  return createLifecycle(DEFINITIONS[name], options);
}

/** Work that somebody reviews before it is complete; the profile of a task type that names none. */
export const REVIEW_REQUIRED: Lifecycle = builtinLifecycle('review_required');

/** Work that is complete as soon as its result is posted. */
export const FAST: Lifecycle = builtinLifecycle('fast');
