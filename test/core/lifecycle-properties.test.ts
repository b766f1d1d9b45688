import fc from 'fast-check';
import { stringify as toToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { stringify as toYaml } from 'yaml';
import { lifecycle, lifecycleOf } from '../../board/core/lifecycle/builder.ts';
import { equalDefinitions, lifecycleFromDefinition } from '../../board/core/lifecycle/definition.ts';
import { faultsOf } from '../../board/core/lifecycle/faults.ts';
import { createLifecycle } from '../../board/core/lifecycle/lifecycle.ts';
import { parseLifecycle } from '../../board/core/lifecycle/parse.ts';
import type { Pair } from '../../board/core/lifecycle/walk.ts';
import { STANDARD_STATUSES } from '../../board/core/statuses.ts';

const EXITS = ['HUMAN_REVIEW', 'ON_HOLD'];
const custom = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter(name => name.isWellFormed() && !name.includes('\0'));
const status = fc.oneof(fc.constantFrom(...STANDARD_STATUSES), fc.constantFrom('__proto__', 'a', 'b', 'c'), custom);
const pair = fc.tuple(status, status);

/** A main path out of UNASSIGNED to a terminal, with steps forth and back between its statuses: always usable. */
const usable = fc
  .uniqueArray(
    custom.filter(name => !(STANDARD_STATUSES as readonly string[]).includes(name)),
    { minLength: 2, maxLength: 7 },
  )
  .chain(names => {
    const path = ['UNASSIGNED', ...names];
    const index = fc.nat({ max: path.length - 2 });
    return fc.record({ path: fc.constant(path), back: fc.array(fc.tuple(index, index), { maxLength: 4 }) });
  })
  .map(({ path, back }) => {
    const phases = path.slice(1).map((to, at): [string, string] => [path[at] ?? '', to]);
    const loops = new Map(
      back
        .filter(([from, to]) => to <= from)
        .map(([from, to]): [string, [string, string]] => [`${from}-${to}`, [path[from] ?? '', path[to] ?? '']]),
    );
    return { phases, loops: [...loops.values()] };
  });

describe('lifecycles in general', () => {
  it('Q14: builder, list, set, TOML, YAML and JSON of the same steps are equal', () => {
    fc.assert(
      fc.property(usable, ({ phases, loops }) => {
        const builder = lifecycle('same');
        for (const [from, to] of phases) builder.phase(from, to);
        for (const [from, to] of loops) builder.loop(from, to);
        const built = builder.build();
        const file = { name: 'same', phases, loops };
        const pairs = [...phases, ...loops];
        const others = [
          parseLifecycle(toToml(file), 'toml'),
          parseLifecycle(toYaml(file), 'yaml'),
          parseLifecycle(JSON.stringify(file), 'json'),
          parseLifecycle(JSON.stringify({ name: 'same', transitions: pairs }), 'json'),
          lifecycleOf('same', pairs),
          lifecycleOf('same', new Set(pairs)),
        ];
        for (const other of others) expect(other.definition).toEqual(built.definition);
      }),
    );
  });

  it('Q11: a terminal has no way out but the exits, and exits lead out of all but themselves', () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 15 }), pairs => {
        const { definition } = lifecycleOf('any', pairs);
        for (const resumable of [false, true]) {
          const expanded = createLifecycle(definition, { resumable });
          for (const terminal of expanded.terminals) {
            expect(expanded.nextOf(terminal)).toEqual(EXITS);
            expect(expanded.finishes(terminal)).toBe(true);
          }
          for (const each of new Set(pairs.flat())) {
            if (EXITS.includes(each)) continue;
            expect(EXITS.map(exit => expanded.edgeOf(each, exit))).toEqual(['exit', 'exit']);
          }
          for (const exit of EXITS) expect(expanded.finishes(exit)).toBe(!pairs.some(([from]) => from === exit));
        }
      }),
    );
  });

  it('edges, has, edgeOf, nextOf and iteration say the same', () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 15 }), pairs => {
        const any = lifecycleOf('any', pairs);
        expect([...any]).toEqual(any.edges.map(({ from, to }) => [from, to]));
        expect(new Set(any.edges.map(({ from, to }) => JSON.stringify([from, to]))).size).toBe(any.edges.length);
        for (const { from, to, edge } of any.edges) {
          expect(any.edgeOf(from, to)).toBe(edge);
          expect(any.nextOf(from)).toContain(to);
        }
        for (const [from, to] of pairs) expect(any.has(from, to)).toBe(true);
      }),
    );
  });

  it('every definition survives JSON', () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 15 }), pairs => {
        const { definition } = lifecycleOf('any', pairs);
        const stored = JSON.parse(JSON.stringify(definition));
        expect(equalDefinitions(stored, definition)).toBe(true);
        expect(lifecycleFromDefinition(stored).definition).toEqual(definition);
      }),
    );
  });

  it('without its back steps (loops), a list has no cycle left', () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 20 }), pairs => {
        const names = [...new Set(pairs.flat())].map((name, index): [string, string] => [name, `s${index}`]);
        const renamed = new Map(names);
        const plain = pairs.map(([from, to]): Pair => [renamed.get(from) ?? '', renamed.get(to) ?? '']);
        const forward = lifecycleOf('any', plain).definition.edges.filter(({ edge }) => edge === 'forward');
        expect(hasCycle(forward.map(({ from, to }): Pair => [from, to]))).toBe(false);
      }),
    );
  });

  it('a usable one stays usable, and one more step to nowhere, from nowhere or twice makes it a fault', () => {
    fc.assert(
      fc.property(usable, ({ phases, loops }) => {
        const { definition } = lifecycleOf('fine', [...phases, ...loops]);
        expect(faultsOf(definition)).toEqual([]);
        const [first] = definition.edges;
        expect(faultsOf({ ...definition, edges: [...definition.edges, ...(first ? [first] : [])] })).toHaveLength(1);
        const lost = { from: 'lost and', to: 'never found', edge: 'forward' as const };
        const columns = [...definition.columns, lost.from, lost.to];
        expect(faultsOf({ ...definition, columns, edges: [...definition.edges, lost] })).toHaveLength(2);
      }),
    );
  });
});

/** Takes away statuses that nothing leads to until none is left, or the rest goes in circles. */
function hasCycle(pairs: readonly Pair[]): boolean {
  let left = [...pairs];
  while (left.length > 0) {
    const destinations = new Set(left.map(([, to]) => to));
    const next = left.filter(([from]) => destinations.has(from));
    if (next.length === left.length) return true;
    left = next;
  }
  return false;
}
