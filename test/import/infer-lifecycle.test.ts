import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../board/core/json.ts';
import { lifecycleFromDefinition } from '../../board/core/lifecycle/definition.ts';
import { faultsOf } from '../../board/core/lifecycle/faults.ts';
import { createLifecycle } from '../../board/core/lifecycle/lifecycle.ts';
import { inferLifecycle, type SeenProfile } from '../../board/import/infer-lifecycle.ts';

type Steps = readonly (readonly [from: string, to: string, ...agents: string[]])[];

function seen(steps: Steps, beaten: readonly string[], columnOrder: readonly string[] | null = null): SeenProfile {
  return {
    name: 'p',
    steps: steps.map(([from, to, ...agents]) => ({ from, to, agents: new Set(agents) })),
    beaten: new Set(beaten),
    columnOrder,
  };
}

function edges(profile: SeenProfile): string[] {
  return inferLifecycle(profile, new Map()).edges.map(({ from, to, edge }) => `${from}>${to} ${edge}`);
}

const U = 'UNASSIGNED';

describe('inferLifecycle (spec.md, Importing)', () => {
  it('calls the nearest way on forward and the others branch, by the order of the columns', () => {
    const steps: Steps = [
      [U, 'draft'],
      ['draft', 'spiked'],
      ['draft', 'printed'],
    ];
    expect(edges(seen(steps, [], [U, 'draft', 'printed', 'spiked']))).toEqual([
      'UNASSIGNED>draft forward',
      'draft>printed forward',
      'draft>spiked branch',
    ]);
    expect(edges(seen(steps, []))).toContain('draft>spiked forward');
  });

  it('calls a way back out of an active status revision, out of a wait loop', () => {
    const profile = seen(
      [
        [U, 'writing'],
        ['writing', 'written'],
        ['written', 'editing'],
        ['written', U],
        ['editing', 'writing'],
        ['editing', 'done'],
        ['editing', 'editing'],
      ],
      ['writing', 'editing'],
    );
    expect(edges(profile)).toEqual([
      'UNASSIGNED>writing forward',
      'writing>written forward',
      'written>UNASSIGNED loop',
      'written>editing forward',
      'editing>writing revision',
      'editing>editing loop',
      'editing>done forward',
    ]);
    expect(inferLifecycle(profile, new Map()).kinds).toEqual({ writing: 'active', written: 'wait', editing: 'review' });
  });

  it('leaves STALE and the exits what they are, whatever was heard in them', () => {
    const profile = seen(
      [
        [U, 'work'],
        ['work', 'STALE'],
        ['STALE', U],
        ['work', 'HUMAN_REVIEW'],
        ['ON_HOLD', U],
        ['work', 'done'],
      ],
      ['work', 'STALE', 'HUMAN_REVIEW', 'done', U],
    );
    const definition = inferLifecycle(profile, new Map());
    expect(edges(profile).sort()).toEqual([
      'ON_HOLD>UNASSIGNED reassign',
      'STALE>UNASSIGNED reassign',
      'UNASSIGNED>work forward',
      'work>STALE stale',
      'work>done forward',
    ]);
    expect(definition.kinds).toEqual({ work: 'active' });
    expect(createLifecycle(definition).finishes('ON_HOLD')).toBe(false);
    expect(createLifecycle(definition).finishes('HUMAN_REVIEW')).toBe(true);
    expect(faultsOf(definition)).toEqual([]);
  });

  it('takes no column that nobody reached for the way out of an end', () => {
    const profile = seen(
      [
        [U, 'work'],
        ['work', 'done'],
      ],
      ['work'],
      [U, 'work', 'done', 'rejected'],
    );
    const definition = inferLifecycle(profile, new Map());
    expect(definition.columns).toEqual([U, 'work', 'done']);
    expect([...createLifecycle(definition).terminals]).toEqual(['done']);
  });

  it('knows a route only where one capability led to one place', () => {
    const profile = seen(
      [
        [U, 'writing', 'ann', 'bob'],
        ['writing', 'written'],
        ['written', 'editing', 'cid'],
        ['editing', 'edited'],
        ['edited', 'printing', 'nobody'],
        ['printing', 'done'],
      ],
      ['writing', 'editing', 'printing'],
    );
    const capabilities = new Map([
      ['ann', ['write', 'sing']],
      ['bob', ['draw', 'write']],
      ['cid', ['edit', 'review']],
    ]);
    expect(inferLifecycle(profile, capabilities).routes).toEqual({
      UNASSIGNED: { to_status: 'writing', capability: 'write' },
    });
  });

  it('gives a definition that survives storing', () => {
    const definition = inferLifecycle(seen([[U, 'done']], []), new Map());
    const stored = JSON.parse(JSON.stringify(createLifecycle(definition).definition)) as JsonObject;
    expect(lifecycleFromDefinition(stored).edgeOf(U, 'done')).toBe('forward');
  });
});
