/**
 * Puts the command where npx looks for it in a clone: npm links the bins of dependencies, but not the project's own, and
 * npx would then ask the registry for a package of that name.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const BIN_FOLDER = join(ROOT, 'node_modules/.bin');
const LINK = join(BIN_FOLDER, 'quadro');

mkdirSync(BIN_FOLDER, { recursive: true });
rmSync(LINK, { force: true });
symlinkSync('../../bin/quadro.js', LINK);
chmodSync(join(ROOT, 'bin/quadro.js'), 0o755);
