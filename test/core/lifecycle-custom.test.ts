import { describe, expect, it } from 'vitest';
import { lifecycle, lifecycleOf } from '../../board/core/lifecycle/builder.ts';
import { equalDefinitions, lifecycleFromDefinition } from '../../board/core/lifecycle/definition.ts';
import { createLifecycle } from '../../board/core/lifecycle/lifecycle.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';

function newsroom(): Lifecycle {
  return lifecycle('newsroom')
    .phase('UNASSIGNED', 'writing')
    .phase('writing', 'editing')
    .phase('editing', 'published')
    .branch('editing', 'rejected')
    .revision('editing', 'writing')
    .loop('writing', 'UNASSIGNED')
    .route('UNASSIGNED', 'writing', 'writer')
    .build();
}

describe('a custom lifecycle', () => {
  it('Q11: has the declared edges and the exits from every declared state', () => {
    const steps = [...newsroom()].map(([from, to]) => `${from}→${to}`);
    const states = ['UNASSIGNED', 'writing', 'editing', 'published', 'rejected'];
    const exits = states.flatMap(state => [`${state}→HUMAN_REVIEW`, `${state}→ON_HOLD`]);
    const declared = [
      'UNASSIGNED→writing',
      'writing→editing',
      'editing→published',
      'editing→rejected',
      'editing→writing',
      'writing→UNASSIGNED',
    ];
    expect(steps.sort()).toEqual([...declared, ...exits].sort());
  });

  it('Q11: has the states that are never a source as terminals, HUMAN_REVIEW and ON_HOLD aside', () => {
    expect([...newsroom().terminals]).toEqual(['published', 'rejected']);
    const held = lifecycle('held').phase('UNASSIGNED', 'a').phase('a', 'b').branch('a', 'ON_HOLD').build();
    expect([...held.terminals]).toEqual(['b']);
  });

  it('Q11: an exit makes no source where it is added, but does where the profile declares it', () => {
    const declared = lifecycle('x')
      .phase('UNASSIGNED', 'done')
      .branch('UNASSIGNED', 'escalated')
      .phase('escalated', 'HUMAN_REVIEW')
      .build();
    expect([...declared.terminals]).toEqual(['done']);
    expect(declared.has('done', 'HUMAN_REVIEW')).toBe(true);
    expect(declared.columns).toEqual(['UNASSIGNED', 'done', 'escalated', 'HUMAN_REVIEW']);
  });

  it('Q12: a list gives columns in first-seen order', () => {
    const listed = lifecycleOf('l', [
      ['UNASSIGNED', 'a'],
      ['b', 'c'],
      ['a', 'b'],
      ['c', 'a'],
    ]);
    expect(listed.columns).toEqual(['UNASSIGNED', 'a', 'b', 'c']);
  });

  it("Q12: a set gives columns depth-first from the state that is nobody's destination", () => {
    const pairs = [
      ['b', 'c'],
      ['a', 'b'],
      ['c', 'a'],
      ['start', 'a'],
    ] as const;
    expect(lifecycleOf('s', new Set(pairs)).columns).toEqual(['start', 'a', 'b', 'c']);
  });

  it('Q12: a set whose states all lie on a cycle starts at UNASSIGNED', () => {
    const pairs = [
      ['a', 'UNASSIGNED'],
      ['UNASSIGNED', 'a'],
    ] as const;
    expect(lifecycleOf('s', new Set(pairs)).columns).toEqual(['UNASSIGNED', 'a']);
  });

  it('Q12: a back edge never reorders and adds no column', () => {
    const built = lifecycle('x').revision('b', 'a').phase('UNASSIGNED', 'a').loop('b', 'z').phase('a', 'b').build();
    expect(built.columns).toEqual(['UNASSIGNED', 'a', 'b']);
  });

  it('a plain list knows loops: a step back to a status that led to it, and nothing else', () => {
    const listed = lifecycleOf('l', [
      ['UNASSIGNED', 'a'],
      ['a', 'done'],
      ['a', 'b'],
      ['b', 'done'],
      ['b', 'a'],
      ['b', 'b'],
      ['b', 'STALE'],
      ['STALE', 'UNASSIGNED'],
    ]);
    const kinds = listed.definition.edges.map(({ from, to, edge }) => `${from}→${to} ${edge}`);
    expect(kinds).toEqual([
      'UNASSIGNED→a forward',
      'a→done forward',
      'a→b forward',
      'b→done forward',
      'b→a loop',
      'b→b loop',
      'b→STALE stale',
      'STALE→UNASSIGNED reassign',
    ]);
  });

  it('a list of fifty thousand steps does not fill the stack', () => {
    const pairs = Array.from({ length: 50_000 }, (_, index): [string, string] => [`s${index}`, `s${index + 1}`]);
    expect(lifecycleOf('long', new Set(pairs)).columns).toHaveLength(50_001);
  });

  it('Q13: phase adds both names, branch its destination, revision and loop an edge only', () => {
    const builder = lifecycle('x');
    expect(builder.phase('UNASSIGNED', 'a').definition().columns).toEqual(['UNASSIGNED', 'a']);
    expect(builder.branch('q', 'b').definition().columns).toEqual(['UNASSIGNED', 'a', 'b']);
    expect(builder.revision('r', 's').loop('t', 'u').definition().columns).toEqual(['UNASSIGNED', 'a', 'b']);
    expect(builder.definition().edges.map(({ edge }) => edge)).toEqual(['forward', 'branch', 'revision', 'loop']);
  });

  it('Q13: what is built is iterable and supports membership', () => {
    const built = newsroom();
    expect([...built]).toContainEqual(['editing', 'writing']);
    expect(built.has('editing', 'writing')).toBe(true);
    expect(built.has('published', 'ON_HOLD')).toBe(true);
    expect(built.has('writing', 'published')).toBe(false);
    expect(built.has('toString', 'constructor')).toBe(false);
    expect(built.nextOf('editing')).toEqual(['published', 'rejected', 'writing', 'HUMAN_REVIEW', 'ON_HOLD']);
  });

  it('Q13: what is built cannot be changed, nor does the builder change it later', () => {
    const builder = lifecycle('x').phase('UNASSIGNED', 'a');
    const built = builder.build();
    builder.phase('a', 'b');
    expect(built.has('a', 'b')).toBe(false);
    expect(() => Object.assign(built, { definition: null })).toThrow(TypeError);
    expect(() => Object.assign(built.edges, { 0: null })).toThrow(TypeError);
    expect(() => Object.assign(built.definition.edges[0] ?? {}, { to: 'z' })).toThrow(TypeError);
    expect(() => Object.assign(built.columns, { 0: 'z' })).toThrow(TypeError);
    expect(() => (built.terminals as Set<string>).add('z')).toThrow('cannot be changed');
    expect(() => (built.routes as Map<string, unknown>).clear()).toThrow('cannot be changed');
  });

  it('Q13: build alone refuses only what is no lifecycle at all', () => {
    expect(() => lifecycle('x').build()).toThrow('declares no step');
    expect(() => lifecycle('x').phase('a', 7 as unknown as string)).toThrow('not number');
    expect(() => lifecycle('x').route('a', 'b', null).route('a', 'c', null)).toThrow('has a route already');
    expect(lifecycle('x').phase('a', 'b').build().has('a', 'b')).toBe(true);
  });

  it('Q13: a step that is declared twice is what it was first; registration refuses it', () => {
    const twice = lifecycle('x').phase('UNASSIGNED', 'a').phase('a', 'b').branch('a', 'b').build();
    expect(twice.edgeOf('a', 'b')).toBe('forward');
    expect(twice.definition.edges).toHaveLength(3);
  });

  it('edges are exits, stale and reassign whatever way they were declared', () => {
    const built = lifecycle('x')
      .phase('UNASSIGNED', 'a')
      .revision('a', 'HUMAN_REVIEW')
      .branch('a', 'STALE')
      .loop('STALE', 'UNASSIGNED')
      .phase('STALE', 'a')
      .branch('HUMAN_REVIEW', 'a')
      .phase('HUMAN_REVIEW', 'ON_HOLD')
      .build();
    expect(built.edgeOf('a', 'HUMAN_REVIEW')).toBe('exit');
    expect(built.edgeOf('a', 'STALE')).toBe('stale');
    expect(built.edgeOf('STALE', 'UNASSIGNED')).toBe('reassign');
    expect(built.edgeOf('STALE', 'a')).toBe('forward');
    expect(built.edgeOf('HUMAN_REVIEW', 'a')).toBe('reassign');
    expect(built.edgeOf('HUMAN_REVIEW', 'ON_HOLD')).toBe('reassign');
    expect(built.hasRevision('a')).toBe(false);
    expect(built.has('HUMAN_REVIEW', 'HUMAN_REVIEW')).toBe(false);
  });

  it('HUMAN_REVIEW and ON_HOLD finish a task unless the profile declares an edge out of them', () => {
    const plain = newsroom();
    expect(['HUMAN_REVIEW', 'ON_HOLD', 'published', 'editing'].map(each => plain.finishes(each))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    const back = lifecycle('x').phase('UNASSIGNED', 'a').phase('a', 'b').loop('ON_HOLD', 'a').build();
    expect([back.finishes('ON_HOLD'), back.finishes('HUMAN_REVIEW')]).toEqual([false, true]);
    const resumable = createLifecycle(plain.definition, { resumable: true });
    expect(resumable.edgeOf('HUMAN_REVIEW', 'UNASSIGNED')).toBe('reassign');
    expect(resumable.finishes('HUMAN_REVIEW')).toBe(true);
    expect([...createLifecycle(back.definition, { resumable: true }).nextOf('ON_HOLD')]).toEqual(['a', 'UNASSIGNED']);
  });

  it('has no STALE unless it declares it, and then the way back has its route', () => {
    expect(newsroom().has('writing', 'STALE')).toBe(false);
    const builder = lifecycle('x').phase('UNASSIGNED', 'a').branch('a', 'STALE').loop('STALE', 'UNASSIGNED');
    expect(builder.build().routes.get('STALE')).toEqual({ to_status: 'UNASSIGNED', capability: null });
    const own = builder.branch('STALE', 'a').route('STALE', 'a', 'mender').build();
    expect(own.routes.get('STALE')).toEqual({ to_status: 'a', capability: 'mender' });
    expect(newsroom().routes.has('STALE')).toBe(false);
  });

  it('a stage is terminal, active where an agent was assigned, else wait; exits are blocked; a mark wins', () => {
    const built = newsroom();
    expect(built.stageKind('published', 'editing', true)).toBe('terminal');
    expect(built.stageKind('writing', 'UNASSIGNED', true)).toBe('active');
    expect(built.stageKind('writing', 'editing', false)).toBe('wait');
    expect(built.stageKind('UNASSIGNED', null, true)).toBe('wait');
    expect(built.stageKind('ON_HOLD', 'writing', true)).toBe('blocked');
    const marked = lifecycle('x').phase('UNASSIGNED', 'a').phase('a', 'b').kind('a', 'review').kind('ON_HOLD', 'wait');
    expect(marked.build().stageKind('a', 'UNASSIGNED', false)).toBe('review');
    expect(marked.build().stageKind('ON_HOLD', 'a', false)).toBe('wait');
  });

  it('standard statuses keep their kind in a custom profile', () => {
    const mixed = lifecycle('x')
      .phase('UNASSIGNED', 'IN_PROGRESS')
      .phase('IN_PROGRESS', 'PENDING_REVIEW')
      .phase('PENDING_REVIEW', 'IN_PROGRESS')
      .phase('IN_PROGRESS', 'shaping')
      .phase('shaping', 'IN_PROGRESS')
      .phase('IN_PROGRESS', 'APPROVED')
      .build();
    expect(mixed.stageKind('IN_PROGRESS', 'UNASSIGNED', false)).toBe('active');
    expect(mixed.stageKind('IN_PROGRESS', 'PENDING_REVIEW', true)).toBe('review');
    expect(mixed.stageKind('IN_PROGRESS', 'shaping', true)).toBe('active');
    expect(mixed.stageKind('IN_PROGRESS', 'shaping', false)).toBe('wait');
    expect(mixed.stageKind('PENDING_REVIEW', 'IN_PROGRESS', true)).toBe('wait');
    expect(mixed.stageKind('APPROVED', 'IN_PROGRESS', true)).toBe('terminal');
  });

  it('a status named like a part of every object is a name like others', () => {
    const odd = lifecycle('x').phase('UNASSIGNED', '__proto__').phase('__proto__', 'constructor');
    const built = odd.kind('__proto__', 'rework').route('UNASSIGNED', '__proto__', '__proto__').build();
    expect(built.stageKind('__proto__', 'UNASSIGNED', true)).toBe('rework');
    const again = lifecycleFromDefinition(JSON.parse(JSON.stringify(built.definition)));
    expect(again.stageKind('__proto__', 'UNASSIGNED', true)).toBe('rework');
    expect(again.edgeOf('__proto__', 'constructor')).toBe('forward');
  });
});

describe('stored definitions', () => {
  it('survive JSON', () => {
    const { definition } = newsroom();
    const stored = JSON.parse(JSON.stringify(definition));
    expect(lifecycleFromDefinition(stored).definition).toEqual(definition);
    expect(equalDefinitions(stored, definition)).toBe(true);
    expect(lifecycleFromDefinition(stored, { resumable: true }).has('ON_HOLD', 'UNASSIGNED')).toBe(true);
  });

  it('are equal in any order of edges, kinds and routes, and differ in anything else', () => {
    const one = newsroom().definition;
    expect(equalDefinitions(one, { ...one, edges: one.edges.toReversed() })).toBe(true);
    expect(equalDefinitions(one, { ...one, columns: one.columns.toReversed() })).toBe(false);
    expect(equalDefinitions(one, { ...one, name: 'other' })).toBe(false);
    expect(equalDefinitions(one, { ...one, edges: one.edges.slice(1) })).toBe(false);
    expect(equalDefinitions(one, { ...one, kinds: { writing: 'wait' } })).toBe(false);
    expect(equalDefinitions(one, { ...one, routes: {} })).toBe(false);
    const asLoop = one.edges.map(edge => (edge.edge === 'revision' ? { ...edge, edge: 'loop' as const } : edge));
    expect(equalDefinitions(one, { ...one, edges: asLoop })).toBe(false);
  });

  it.each([
    ['name', { name: 7 }],
    ['columns', { columns: 'a' }],
    ['edges', { edges: [null] }],
    ['edges.edge', { edges: [{ from: 'a', to: 'b', edge: 'leap' }] }],
    ['kinds', { kinds: { a: 'busy' } }],
    ['routes.capability', { routes: { a: { to_status: 'b' } } }],
  ])('with a malformed %s are refused in words', (key, change) => {
    const stored = { ...JSON.parse(JSON.stringify(newsroom().definition)), ...change };
    expect(() => lifecycleFromDefinition(stored)).toThrow(
      expect.objectContaining({ code: 'invalid_lifecycle', message: expect.stringContaining(`"${key}"`) }),
    );
  });
});
