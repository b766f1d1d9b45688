import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { tempDir } from '../support/temp.ts';

/** The same profile three times. */
const GOOD: Readonly<Record<string, string>> = {
  toml: `name = "memo"
phases = [["UNASSIGNED", "writing"], ["writing", "editing"], ["editing", "sent"]]
revisions = [["editing", "writing"]]

[kinds]
editing = "review"

[routes.UNASSIGNED]
to_status = "writing"
capability = "writer"
`,
  yaml: `name: memo
phases: [[UNASSIGNED, writing], [writing, editing], [editing, sent]]
revisions: [[editing, writing]]
kinds: { editing: review }
routes: { UNASSIGNED: { to_status: writing, capability: writer } }
`,
  json: JSON.stringify({
    name: 'memo',
    phases: [
      ['UNASSIGNED', 'writing'],
      ['writing', 'editing'],
      ['editing', 'sent'],
    ],
    revisions: [['editing', 'writing']],
    kinds: { editing: 'review' },
    routes: { UNASSIGNED: { to_status: 'writing', capability: 'writer' } },
  }),
};

/** An unreachable status, a step twice and a built-in's name. */
const BAD: Readonly<Record<string, string>> = {
  toml: 'name = "fast"\nphases = [["UNASSIGNED", "a"], ["UNASSIGNED", "a"], ["b", "c"]]\n',
  yaml: 'name: fast\nphases: [[UNASSIGNED, a], [UNASSIGNED, a], [b, c]]\n',
  json: '{"name":"fast","phases":[["UNASSIGNED","a"],["UNASSIGNED","a"],["b","c"]]}',
};

const BROKEN: Readonly<Record<string, string>> = { toml: 'name = ', yaml: 'name: [a', json: '{"name":' };

function written(name: string, text: string): string {
  const path = join(tempDir(), name);
  writeFileSync(path, text);
  return path;
}

describe.each(['toml', 'yaml', 'json'])('lifecycle files: %s', format => {
  it('check passes a good one and show prints its steps', async () => {
    const path = written(`memo.${format}`, GOOD[format] ?? '');
    const checked = await quadro(['lifecycle', 'check', path]);
    expect(checked).toEqual({ status: 0, stdout: 'memo: no faults, 4 statuses\n', stderr: '' });
    expect(await quadroJson(['lifecycle', 'check', path])).toEqual({ name: 'memo', ok: true, faults: [] });
    const { stdout } = await quadro(['lifecycle', 'show', path]);
    expect(stdout).toContain('memo: UNASSIGNED · writing · editing · sent\nterminal: sent\n');
    expect(stdout).toMatch(/^UNASSIGNED +writing +forward +writer$/m);
    expect(stdout).toMatch(/^editing +writing +revision$/m);
    expect(await quadroJson(['lifecycle', 'show', path])).toMatchObject({ name: 'memo', terminals: ['sent'] });
  });

  it('check names every fault of a bad one and exits 1', async () => {
    const path = written(`bad.${format}`, BAD[format] ?? '');
    const { status, stdout, stderr } = await quadro(['lifecycle', 'check', path]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout.trimEnd().split('\n').length).toBeGreaterThan(1);
    expect(stdout).toContain('the name "fast" belongs to a built-in profile');
    expect(stdout).toContain('declared already');
    const json = await quadro(['lifecycle', 'check', path, '--json']);
    expect(json.status).toBe(1);
    const { ok, faults } = JSON.parse(json.stdout) as { ok: boolean; faults: string[] };
    expect(ok).toBe(false);
    expect(stdout).toBe(faults.map(fault => `${path}: ${fault}\n`).join(''));
    const shown = await quadro(['lifecycle', 'show', path]);
    expect({ status: shown.status, stdout: shown.stdout }).toEqual({ status: 2, stdout: '' });
    expect(shown.stderr).toMatch(/^quadro: .* has \d+ faults: .*\(invalid_lifecycle\)\n$/);
  });

  it('says where text is no such text', async () => {
    const { status, stdout } = await quadro(['lifecycle', 'check', written(`broken.${format}`, BROKEN[format] ?? '')]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/line \d+/);
  });
});
