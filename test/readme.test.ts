import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from './support/temp.ts';

const ROOT = join(import.meta.dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const run = promisify(execFile);

/** A folder in which `quadro` and its peers are installed, as `npm install` would leave it. */
function installed(): string {
  const folder = tempDir();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'quadro'));
  return folder;
}

describe('README.md', () => {
  beforeAll(async () => {
    await run(process.execPath, [join(ROOT, 'scripts/build.ts')], { cwd: ROOT });
  });

  it('has a program that works as pasted', async () => {
    const program = /```js\n([\s\S]*?)```/.exec(README)?.[1] ?? '';
    expect(program.split('\n').length).toBeLessThanOrEqual(25);
    const folder = installed();
    writeFileSync(join(folder, 'memo.mjs'), program);
    const { stdout } = await run(process.execPath, ['memo.mjs'], { cwd: folder });
    expect(stdout).toMatch(/^Dear all, lunch is at noon \[/);
    expect(stdout).toMatch(/'UNASSIGNED: 0\.\d+'/);
    expect(existsSync(join(folder, 'memos.db'))).toBe(true);
  });

  it('links only to files that are there', () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(match => match[1] ?? '');
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter(link => !existsSync(join(ROOT, link)))).toEqual([]);
  });

  it('names every command there is, and no other', async () => {
    const { stdout } = await run(process.execPath, [join(ROOT, 'bin/quadro.js'), '--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(match => match[1]).filter(name => name !== 'help');
    const named = [...README.matchAll(/^\| `quadro ([a-z]+)/gm)].map(match => match[1]);
    expect([...new Set(named)].sort()).toEqual(commands.sort());
  });
});
