/** Builds dist/: compiles the sources, and puts beside them the files that are not TypeScript. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOMS } from './sources.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
// npm puts node_modules/.bin first in the path of every script.
const { status, error } = spawnSync('tsc', ['-p', join(ROOT, 'tsconfig.build.json')], { cwd: ROOT, stdio: 'inherit' });
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);
for (const room of ROOMS.filter(each => existsSync(join(ROOT, each)))) {
  cpSync(join(ROOT, room), join(DIST, room), { recursive: true, filter: path => !/\.(ts|md)$/.test(path) });
}
