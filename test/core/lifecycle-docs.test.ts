import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { faultsOf } from '../../board/core/lifecycle/faults.ts';
import { type LifecycleFormat, parseLifecycle } from '../../board/core/lifecycle/parse.ts';
import { readLifecycle } from '../../board/core/lifecycle/read-lifecycle.ts';

const doc = await readFile(new URL('../../docs/lifecycles.md', import.meta.url), 'utf8');

function example(format: LifecycleFormat): string {
  return new RegExp(`\`\`\`${format}\n([^]*?)\`\`\``).exec(doc)?.[1] ?? '';
}

/** A fault as the docs write it: names, numbers and values left out. */
function patternOf(fault: string): string {
  return fault
    .replace(/^(status|the name) "[^"]*" (is empty|is too long|holds)/, '$2')
    .replace(/^(kinds|routes)\.(\w+|"[^"]*")/, '$1.…')
    .replace(/(, not )(?!both).*$/, '$1…')
    .replaceAll(/"[^"]*"/g, '"…"')
    .replace(/\d+ bytes/, 'N bytes');
}

describe('docs/lifecycles.md', () => {
  it('shows the same profile in each format and with the builder', () => {
    const built = lifecycle('newsroom')
      .phase('UNASSIGNED', 'writing')
      .phase('writing', 'editing')
      .phase('editing', 'published')
      .branch('editing', 'rejected')
      .revision('editing', 'writing')
      .loop('writing', 'UNASSIGNED')
      .kind('editing', 'review')
      .route('UNASSIGNED', 'writing', 'writer')
      .build();
    for (const format of ['toml', 'yaml', 'json'] as const) {
      expect(parseLifecycle(example(format), format).definition).toEqual(built.definition);
    }
  });

  it('lists every fault for which a board refuses a profile', () => {
    const bad = lifecycle('fast')
      .phase('a', 'b\0')
      .phase('a', 'b\0')
      .phase('a', '')
      .phase('a', '\ud800')
      .loop('a', 'x'.repeat(201))
      .kind('z', 'wait')
      .route('z', 'a', '')
      .route('a', 'z', null);
    const unreachable = lifecycle('x').phase('UNASSIGNED', 'a').loop('a', 'UNASSIGNED').loop('b', 'a');
    const unkind = { ...unreachable.definition(), kinds: JSON.parse('{"a": "busy"}') };
    const faults = new Set([bad.definition(), unkind].flatMap(each => faultsOf(each)).map(patternOf));
    expect(faults.size).toBe(15);
    expect([...faults].filter(fault => !doc.includes(fault))).toEqual([]);
  });

  it('lists every fault of a file', () => {
    const files = [
      [],
      { phase: 1, colour: 2, name: 1, phases: [['a']], loops: 1, kinds: { a: 1 }, routes: { a: { capability: 1 } } },
      { kinds: [], phases: [], transitions: [], routes: { a: 1 } },
    ];
    const faults = new Set(files.flatMap(file => readLifecycle(file).faults).map(patternOf));
    expect(faults.size).toBeGreaterThan(12);
    const listed = [...faults].map(fault =>
      fault
        .replace(/^\w+(\.…)?(\[0\])?: must be/, 'must be')
        .replace(/ \(known: .*$/, ' (known: …)')
        .replace(/^unknown key "…"; did you mean "…"\?$/, 'did you mean'),
    );
    expect(listed.filter(fault => !doc.includes(fault))).toEqual([]);
  });
});
