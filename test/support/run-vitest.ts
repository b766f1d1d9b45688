import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tempDir } from './temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** How a run of vitest ended. */
export interface VitestRun {
  readonly status: number | null;
  readonly stdout: string;
}

/** Runs vitest with our configuration over a project that holds one test file; `CI` is set only where `env` sets it. */
export function runVitest(testFile: string, env: Readonly<Record<string, string>> = {}): VitestRun {
  const project = tempDir();
  mkdirSync(join(project, 'test'));
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  // The configuration, and the reporter and the setup that it names.
  for (const each of ['vitest.config.ts', 'test/support']) {
    cpSync(join(ROOT, each), join(project, each), { recursive: true });
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  writeFileSync(join(project, 'test/a.test.ts'), testFile);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { CI: _, VITEST: __, ...clean } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [vitest, 'run'], {
    cwd: project,
    encoding: 'utf8',
    env: { ...clean, ...env },
  });
  return { status, stdout };
}
