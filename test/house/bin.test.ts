import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp.ts';

const BIN = resolve(import.meta.dirname, '../../bin/quadro.js');

function runAs(version: string | null, args: readonly string[]) {
  const preload = join(tempDir(), 'version.mjs');
  writeFileSync(
    preload,
    version === null ? '' : `Object.defineProperty(process.versions, 'node', { value: '${version}' });`,
  );
  return spawnSync(process.execPath, ['--import', preload, BIN, ...args], { encoding: 'utf8' });
}

describe('the quadro bin', () => {
  it.each(['20.20.2', '18.0.0', '22.14.9', '9.1.0'])('on Node %s says in one line what to do, and exits 2', version => {
    const { status, stderr, stdout } = runAs(version, ['--help']);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`needs Node 22.15 or newer, and this is ${version}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('runs the command line from the sources of a clone', () => {
    const { status, stdout } = runAs(null, ['--help']);
    expect(stdout).toContain('Usage: quadro');
    expect(status).toBe(0);
  });

  it('passes the exit code of bad use on', () => {
    const { status, stderr } = runAs(null, ['no-such-command']);
    expect(status).toBe(2);
    expect(stderr).toContain('no-such-command');
  });
});
