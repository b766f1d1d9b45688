/**
 * Builds dist/: compiles the sources, and puts beside them the files that are not TypeScript.
 *
 * `node scripts/build.ts [FOLDER]`
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOMS } from './sources.ts';

const ROOT = resolve(import.meta.dirname, '..');

function compile(folder: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', folder];
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error('The sources do not compile; dist/ is as it was');
}

/** Sources, and what builds its image from a clone. */
const LEFT_OUT = /\.(ts|md)$|\bdashboards\/(compose\.yaml|provisioning)$/;

function copyAssets(folder: string): void {
  for (const room of ROOMS.filter(each => existsSync(join(ROOT, each)))) {
    cpSync(join(ROOT, room), join(folder, room), { recursive: true, filter: path => !LEFT_OUT.test(path) });
  }
}

const target = resolve(ROOT, process.argv[2] ?? 'dist');
// Beside the target, and put in its place when it is whole: whoever imports from it meanwhile finds one or the other.
const fresh = `${target}.${process.pid}`;
try {
  compile(fresh);
  copyAssets(fresh);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
