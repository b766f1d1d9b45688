import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QuadroError } from '../../board/core/errors.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { type LifecycleFormat, parseLifecycle } from '../../board/core/lifecycle/parse.ts';
import { loadLifecycle } from '../../board/lifecycle-file.ts';

const TOML = `
name = "newsroom"
phases = [["UNASSIGNED", "writing"], ["writing", "editing"], ["editing", "published"]]
branches = [["editing", "rejected"]]
revisions = [["editing", "writing"]]
loops = [["writing", "UNASSIGNED"]]
[kinds]
editing = "review"
[routes.UNASSIGNED]
to_status = "writing"
capability = "writer"
[routes.writing]
to_status = "editing"
`;
const YAML = `
name: newsroom
phases:
  - [UNASSIGNED, writing]
  - [writing, editing]
  - [editing, published]
branches: [[editing, rejected]]
revisions: [[editing, writing]]
loops: [[writing, UNASSIGNED]]
kinds: { editing: review }
routes:
  UNASSIGNED: { to_status: writing, capability: writer }
  writing: { to_status: editing, capability: null }
`;
const JSON_TEXT = JSON.stringify({
  name: 'newsroom',
  phases: [
    ['UNASSIGNED', 'writing'],
    ['writing', 'editing'],
    ['editing', 'published'],
  ],
  branches: [['editing', 'rejected']],
  revisions: [['editing', 'writing']],
  loops: [['writing', 'UNASSIGNED']],
  kinds: { editing: 'review' },
  routes: {
    UNASSIGNED: { to_status: 'writing', capability: 'writer' },
    writing: { to_status: 'editing', capability: null },
  },
});
const BUILT = lifecycle('newsroom')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'editing')
  .phase('editing', 'published')
  .branch('editing', 'rejected')
  .revision('editing', 'writing')
  .loop('writing', 'UNASSIGNED')
  .kind('editing', 'review')
  .route('UNASSIGNED', 'writing', 'writer')
  .route('writing', 'editing', null)
  .build();

const TEXTS: [LifecycleFormat, string][] = [
  ['toml', TOML],
  ['yaml', YAML],
  ['json', JSON_TEXT],
];

function faultsIn(text: string, format: LifecycleFormat): unknown {
  try {
    parseLifecycle(text, format);
  } catch (error) {
    if (!(error instanceof QuadroError)) throw error;
    expect(error.code).toBe('invalid_lifecycle');
    const { faults } = error.details;
    for (const fault of Array.isArray(faults) ? faults : []) expect(error.message).toContain(fault);
    return faults;
  }
  return [];
}

const broken = (changes: object): string => JSON.stringify({ ...JSON.parse(JSON_TEXT), ...changes });

describe('a lifecycle file', () => {
  it.each(TEXTS)("Q14: in %s equals the builder's, in transitions and order", (format, text) => {
    const parsed = parseLifecycle(text, format);
    expect(parsed.name).toBe('newsroom');
    expect([...parsed]).toEqual([...BUILT]);
    expect(parsed.columns).toEqual(BUILT.columns);
    expect(parsed.definition).toEqual(BUILT.definition);
  });

  it('may give transitions: a plain list, in which a step back is a loop', () => {
    const parsed = parseLifecycle(
      'name: x\ntransitions: [[UNASSIGNED, a], [a, b], [b, a], [b, done]]\nrevisions: [[a, UNASSIGNED]]',
      'yaml',
    );
    expect(parsed.definition.edges.map(({ from, to, edge }) => `${from}→${to} ${edge}`)).toEqual([
      'UNASSIGNED→a forward',
      'a→b forward',
      'b→a loop',
      'b→done forward',
      'a→UNASSIGNED revision',
    ]);
  });

  it.each<[string, object, string[]]>([
    ['no name', { name: undefined }, ['name: is missing']],
    ['a name that is no text', { name: 7 }, ['name: must be text, not 7']],
    ['phases as text', { phases: 'x' }, ['phases: must be a non-empty list of [from, to] pairs, not "x"']],
    ['no phase', { phases: [] }, ['phases: must be a non-empty list of [from, to] pairs, not an empty one']],
    ['loops as a table', { loops: {} }, ['loops: must be a list of [from, to] pairs, not a table']],
    ['both lists', { transitions: [['editing', 'q']] }, ['transitions: give phases or transitions, not both']],
    [
      'malformed pairs',
      { loops: [['a'], 'a', ['a', 'b', 'c'], ['a', 1], null, ['UNASSIGNED', ['a']]] },
      [
        'loops[0]: must be a pair of two statuses, [from, to], not ["a"]',
        'loops[1]: must be a pair of two statuses, [from, to], not "a"',
        'loops[2]: must be a pair of two statuses, [from, to], not ["a", "b", "c"]',
        'loops[3]: must be a pair of two statuses, [from, to], not ["a", 1]',
        'loops[4]: must be a pair of two statuses, [from, to], not nothing',
        'loops[5]: must be a pair of two statuses, [from, to], not a list',
      ],
    ],
    ['an unknown key', { phase: [] }, ['unknown key "phase"; did you mean "phases"?']],
    [
      'an unlike key',
      { colour: 'red' },
      ['unknown key "colour" (known: name, phases, transitions, branches, revisions, loops, kinds, routes)'],
    ],
    ['kinds as a list', { kinds: [] }, ['kinds: must be a table of keys and values, not []']],
    [
      'an unknown kind',
      { kinds: { editing: 'reveiw', writing: 3 } },
      [
        'kinds.editing: must be one of wait, active, review, rework, blocked, terminal, not "reveiw"; did you mean "review"?',
        'kinds.writing: must be one of wait, active, review, rework, blocked, terminal, not 3',
      ],
    ],
    [
      'bad routes',
      { routes: { UNASSIGNED: 'writing', writing: { to_statu: 'editing' }, editing: { to_status: 1, capability: 2 } } },
      [
        'routes.UNASSIGNED: must be a table of keys and values, not "writing"',
        'routes.writing: unknown key "to_statu"; did you mean "to_status"?',
        'routes.writing.to_status: is missing',
        'routes.editing.capability: must be text or null, not 2',
        'routes.editing.to_status: must be text, not 1',
      ],
    ],
    [
      'a repeated step, by its place',
      { loops: [['editing', 'rejected']] },
      ['loops[0]: the step "editing" → "rejected" is declared already, as branches[0]'],
    ],
  ])('Q14: with %s is refused by key and index', (_, changes, faults) => {
    expect(faultsIn(broken(changes), 'json')).toEqual(faults);
  });

  it('without phases and transitions is refused', () => {
    expect(faultsIn('name = "x"', 'toml')).toEqual(['phases: is missing (transitions would do as well)']);
  });

  it('is told every fault in one error, also what a board would refuse', () => {
    const text = broken({
      name: 'fast',
      loops: [['lost', 'writing']],
      kinds: { nowhere: 'wait', editing: 'x' },
      routes: { writing: { to_status: 'published' } },
      extra: 1,
    });
    expect(faultsIn(text, 'json')).toEqual([
      'unknown key "extra" (known: name, phases, transitions, branches, revisions, loops, kinds, routes)',
      'kinds.editing: must be one of wait, active, review, rework, blocked, terminal, not "x"',
      'the name "fast" belongs to a built-in profile',
      'status "lost" cannot be reached from UNASSIGNED',
      'status "lost" has no column: only a revision, a loop or the start of a branch names it',
      'kinds.nowhere: no step names this status',
      'routes.writing: the step "writing" → "published" is not declared',
    ]);
  });

  it('whose steps cannot all be read is not told what follows from their absence', () => {
    expect(faultsIn(broken({ phases: [['UNASSIGNED', 'writing'], 'writing → editing'] }), 'json')).toEqual([
      'phases[1]: must be a pair of two statuses, [from, to], not "writing → editing"',
    ]);
  });

  it.each<[LifecycleFormat, string, string]>([
    ['toml', 'name = "x"\nphases = [[', 'line 2, column 11: unfinished array'],
    ['toml', 'name = "x"\nname = "y"', 'line 2, column 1: '],
    ['yaml', 'name: x\nphases: [[a, b]\nloops: []', 'line 3, column '],
    ['yaml', 'name: x\nname: y', 'line 2, column 1: Map keys must be unique'],
    ['yaml', 'name: *x', 'Unresolved alias'],
    ['json', '{"name": x}', "line 1, column 10: Unexpected token 'x'"],
    ['json', '{"name": "x",\n}', 'line 2, column 1: Expected double-quoted property name'],
    ['json', '{"name":', 'line 1, column 9: Unexpected end of JSON input'],
    ['json', '{"name": "x",\n "name": "y"}', 'line 2, column 2: Map keys must be unique'],
    ['json', '["x"]', 'the file must hold keys at its top level, not ["x"]'],
    ['yaml', '', 'the file must hold keys at its top level, not nothing'],
  ])('that breaks the syntax of %s is refused with its place: %j', (format, text, fault) => {
    expect(faultsIn(text, format)).toContainEqual(expect.stringContaining(fault));
  });

  it.each(['toml', 'yaml', 'json'] as const)('of hostile %s is refused in words', format => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    expect(faultsIn(format === 'toml' ? `a = ${deep}` : deep, format)).not.toEqual([]);
    const proto = { toml: '[__proto__]\na = 1', yaml: '__proto__: { a: 1 }', json: '{"__proto__": {"a": 1}}' };
    expect(faultsIn(proto[format], format)).toContainEqual(expect.stringContaining('unknown key "__proto__"'));
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });

  it('whose YAML aliases multiply is refused before it fills the memory', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`);
    expect(faultsIn(['a0: &a0 [x]', ...lines].join('\n'), 'yaml')).toEqual([
      expect.stringContaining('Excessive alias count'),
    ]);
  });
});

describe('a lifecycle on disk', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quadro-lifecycle-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['a.toml', TOML],
    ['a.yaml', YAML],
    ['a.YML', YAML],
    ['a.json', JSON_TEXT],
  ])('Q14: %s is read by its ending', async (file, text) => {
    await writeFile(join(folder, file), text);
    expect((await loadLifecycle(join(folder, file))).definition).toEqual(BUILT.definition);
  });

  it('names the file in its error', async () => {
    const path = join(folder, 'bad.json');
    await writeFile(path, '{}');
    await expect(loadLifecycle(path)).rejects.toThrow(
      `${path} has 2 faults: name: is missing; phases: is missing (transitions would do as well)`,
    );
  });

  it('is refused where it is missing, a folder, no text, or of another kind', async () => {
    await writeFile(join(folder, 'bytes.toml'), Buffer.from([0x61, 0xff, 0xfe]));
    const reasons = new Map([
      [join(folder, 'none.toml'), 'there is no such file'],
      [join(folder, 'bytes.toml'), 'it is not UTF-8 text'],
      [join(folder, 'x.ini'), 'ends in one of .toml, .yaml, .yml, .json'],
      [folder, 'ends in one of .toml, .yaml, .yml, .json'],
    ]);
    for (const [path, reason] of reasons) {
      await expect(loadLifecycle(path)).rejects.toThrow(
        expect.objectContaining({ code: 'invalid_lifecycle', message: expect.stringContaining(reason) }),
      );
    }
  });
});
