import { describe, expect, it } from 'vitest';
import {
  BUILTIN_VERSION,
  builtinLifecycle,
  FAST,
  isBuiltinProfile,
  REVIEW_REQUIRED,
} from '../../board/core/lifecycle/builtins.ts';
import { faultsOf } from '../../board/core/lifecycle/faults.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import { STANDARD_STATUSES } from '../../board/core/statuses.ts';

const EXITS = ['HUMAN_REVIEW', 'ON_HOLD'];

function declaredSteps(lifecycle: Lifecycle): string[] {
  return [...lifecycle]
    .filter(([, to]) => !EXITS.includes(to))
    .map(([from, to]) => `${from}→${to}`)
    .sort();
}

describe('the built-in lifecycles', () => {
  it('Q7: review_required has exactly its nine edges beside the exits', () => {
    expect(declaredSteps(REVIEW_REQUIRED)).toEqual(
      [
        'UNASSIGNED→IN_PROGRESS',
        'IN_PROGRESS→PENDING_REVIEW',
        'PENDING_REVIEW→IN_PROGRESS',
        'IN_PROGRESS→APPROVED',
        'IN_PROGRESS→REVISION_NEEDED',
        'APPROVED→COMPLETE',
        'REVISION_NEEDED→IN_PROGRESS',
        'IN_PROGRESS→STALE',
        'STALE→UNASSIGNED',
      ].sort(),
    );
  });

  it('Q8: fast has exactly its four edges beside the exits', () => {
    expect(declaredSteps(FAST)).toEqual(
      ['IN_PROGRESS→COMPLETE', 'IN_PROGRESS→STALE', 'STALE→UNASSIGNED', 'UNASSIGNED→IN_PROGRESS'].sort(),
    );
  });

  it.each([REVIEW_REQUIRED, FAST])(
    'Q9: every standard state of $name but the two exits to both, COMPLETE too',
    lifecycle => {
      for (const status of STANDARD_STATUSES) {
        for (const exit of EXITS) {
          const edge = EXITS.includes(status) ? null : 'exit';
          expect([status, exit, lifecycle.edgeOf(status, exit)]).toEqual([status, exit, edge]);
        }
      }
      for (const exit of EXITS) expect(lifecycle.nextOf(exit)).toEqual([]);
      expect(lifecycle.has('writing', 'HUMAN_REVIEW')).toBe(false);
    },
  );

  it('the edges carry their exact kind', () => {
    expect(REVIEW_REQUIRED.edgeOf('IN_PROGRESS', 'REVISION_NEEDED')).toBe('revision');
    expect(REVIEW_REQUIRED.edgeOf('REVISION_NEEDED', 'IN_PROGRESS')).toBe('forward');
    expect(REVIEW_REQUIRED.edgeOf('IN_PROGRESS', 'STALE')).toBe('stale');
    expect(REVIEW_REQUIRED.edgeOf('STALE', 'UNASSIGNED')).toBe('reassign');
    expect(REVIEW_REQUIRED.edgeOf('APPROVED', 'COMPLETE')).toBe('forward');
    expect(REVIEW_REQUIRED.edgeOf('UNASSIGNED', 'COMPLETE')).toBeNull();
  });

  it('COMPLETE is the one terminal; HUMAN_REVIEW and ON_HOLD finish a task as well', () => {
    for (const lifecycle of [REVIEW_REQUIRED, FAST]) {
      expect([...lifecycle.terminals]).toEqual(['COMPLETE']);
      expect(STANDARD_STATUSES.filter(status => lifecycle.finishes(status))).toEqual(['COMPLETE', ...EXITS]);
    }
  });

  it('IN_PROGRESS is active, review or rework by the status it was entered from; the others wait', () => {
    expect(REVIEW_REQUIRED.stageKind('IN_PROGRESS', 'UNASSIGNED', true)).toBe('active');
    expect(REVIEW_REQUIRED.stageKind('IN_PROGRESS', 'PENDING_REVIEW', true)).toBe('review');
    expect(REVIEW_REQUIRED.stageKind('IN_PROGRESS', 'PENDING_REVIEW', false)).toBe('review');
    expect(REVIEW_REQUIRED.stageKind('IN_PROGRESS', 'REVISION_NEEDED', true)).toBe('rework');
    expect(REVIEW_REQUIRED.stageKind('UNASSIGNED', null, false)).toBe('wait');
    for (const status of ['PENDING_REVIEW', 'REVISION_NEEDED', 'APPROVED', 'STALE']) {
      expect(REVIEW_REQUIRED.stageKind(status, 'IN_PROGRESS', true)).toBe('wait');
    }
    expect(REVIEW_REQUIRED.stageKind('COMPLETE', 'APPROVED', true)).toBe('terminal');
    expect(REVIEW_REQUIRED.stageKind('HUMAN_REVIEW', 'IN_PROGRESS', true)).toBe('blocked');
    expect(FAST.stageKind('ON_HOLD', 'COMPLETE', false)).toBe('blocked');
  });

  it('a review is decided on leaving IN_PROGRESS, and only under review_required', () => {
    expect(STANDARD_STATUSES.filter(status => REVIEW_REQUIRED.hasRevision(status))).toEqual(['IN_PROGRESS']);
    expect(STANDARD_STATUSES.filter(status => FAST.hasRevision(status))).toEqual([]);
  });

  it('the routes are those of the default routing', () => {
    expect(Object.fromEntries(REVIEW_REQUIRED.routes)).toEqual({
      UNASSIGNED: { to_status: 'IN_PROGRESS', capability: '$task_type' },
      PENDING_REVIEW: { to_status: 'IN_PROGRESS', capability: 'review' },
      REVISION_NEEDED: { to_status: 'IN_PROGRESS', capability: '$task_type' },
      APPROVED: { to_status: 'COMPLETE', capability: null },
      STALE: { to_status: 'UNASSIGNED', capability: null },
    });
    expect([...FAST.routes.keys()]).toEqual(['UNASSIGNED', 'STALE']);
  });

  it('resumable adds the two ways back and changes nothing else: those statuses still finish', () => {
    for (const name of ['review_required', 'fast'] as const) {
      const plain = builtinLifecycle(name);
      const resumable = builtinLifecycle(name, { resumable: true });
      for (const exit of EXITS) {
        expect(resumable.edgeOf(exit, 'UNASSIGNED')).toBe('reassign');
        expect(resumable.nextOf(exit)).toEqual(['UNASSIGNED']);
        expect(resumable.finishes(exit)).toBe(true);
      }
      expect(resumable.edges.length).toBe(plain.edges.length + 2);
      expect(resumable.definition).toEqual(plain.definition);
      expect(resumable.terminals).toEqual(plain.terminals);
    }
  });

  it('Q11: their names are taken, and nothing else is wrong with their definitions', () => {
    expect(BUILTIN_VERSION).toBe(0);
    expect(isBuiltinProfile('fast')).toBe(true);
    expect(isBuiltinProfile('newsroom')).toBe(false);
    for (const { definition } of [REVIEW_REQUIRED, FAST]) {
      expect(faultsOf(definition)).toEqual([`the name "${definition.name}" belongs to a built-in profile`]);
    }
  });
});
