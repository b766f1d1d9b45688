import { describe, expect, it } from 'vitest';
import { layerFaults } from '../../scripts/layer-faults.ts';
import { importsOf, readSources } from '../../scripts/sources.ts';

const faultsOf = (path: string, text: string) =>
  layerFaults([{ path, text }]).map(({ line, message }) => [line, message]);

describe('the layers of the house', () => {
  it('hold: every import goes down, the core is pure, no database is asked its name', () => {
    const sources = readSources();
    expect(sources.length).toBeGreaterThan(50);
    expect(layerFaults(sources)).toEqual([]);
  });

  it.each([
    ['board/board.ts', '../exporters/feed/feed.ts', 'board must not import from exporters (exporters/feed/feed.ts)'],
    ['exporters/otel/a.ts', '../../analysis/open.ts', 'exporters must not import from analysis (analysis/open.ts)'],
    ['analysis/open.ts', '../exporters/files/a.ts', 'analysis must not import from exporters (exporters/files/a.ts)'],
    ['dashboards/page.ts', '../cli/main.ts', 'dashboards must not import from cli (cli/main.ts)'],
    ['board/core/a.ts', '../board.ts', 'board/core must not import board/board.ts, which is outside it'],
    ['board/core/a.ts', 'node:fs', 'board/core is pure and must not import node:fs'],
    ['board/core/decide/a.ts', 'kysely', 'board/core is pure and must not import kysely'],
  ])('%s importing %s is a fault, however it is written', (path, target, message) => {
    for (const statement of [
      `import { a } from '${target}';`,
      `import type { A } from '${target}';`,
      `import {\n  a,\n  type B,\n} from '${target}';`,
      `export * from '${target}';`,
      `export type { A } from '${target}';`,
      `import '${target}';`,
      `const { a } = await import('${target}');`,
    ]) {
      expect(faultsOf(path, `const b = 1;\n${statement}\n`)).toEqual([[2, message]]);
    }
  });

  it.each([
    ['board/core/a.ts', 'node:crypto'],
    ['board/core/a.ts', 'yaml'],
    ['board/core/decide/a.ts', '../errors.ts'],
    ['exporters/otel/a.ts', '../feed/feed.ts'],
    ['exporters/otel/a.ts', '../../board/log-source.ts'],
    ['cli/main.ts', '../dashboards/page.ts'],
    ['test/a.test.ts', '../cli/main.ts'],
  ])('%s may import %s', (path, target) => {
    expect(faultsOf(path, `import { a } from '${target}';`)).toEqual([]);
  });

  it("refuses a comparison of a database's name outside its backend", () => {
    const text = "if (backend.name === 'sqlite') a();\nswitch (name) {\n  case 'postgres':\n}\n";
    const message = "compares a database's name; ask for a capability instead";
    const rule = (path: string) => faultsOf(path, text);
    expect(rule('board/board.ts')).toEqual([
      [1, message],
      [3, message],
    ]);
    expect(rule('board/backends/sqlite/index.ts')).toEqual([]);
  });

  it('refuses a silenced type error', () => {
    expect(faultsOf('cli/a.ts', `\n// ${'@ts-'}ignore\n`)).toEqual([[2, 'silences the type checker']]);
  });
});

describe('importsOf', () => {
  it('reads names, types, renamed ones and whole modules', () => {
    const text = [
      "import fc, { type A, b as c } from 'fast-check';",
      "export type * from './a.ts';",
      "const { d, e: f } = await import('../g.ts');",
      "const load = () => import('./h.ts').then(all => all.i);",
    ].join('\n');
    expect(importsOf({ path: 'board/x/y.ts', text })).toEqual([
      { target: 'fast-check', isRelative: false, names: ['A', 'b'], line: 1 },
      { target: 'board/x/a.ts', isRelative: true, names: ['*'], line: 2 },
      { target: 'board/g.ts', isRelative: true, names: ['d', 'e'], line: 3 },
      { target: 'board/x/h.ts', isRelative: true, names: ['*'], line: 4 },
    ]);
  });
});
