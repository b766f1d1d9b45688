import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');

/**
 * Where a file of the shared folder is (`QUADRO_SHARED`, or `../shared` beside the project), or null where there is
 * none; {@link requireShared} then skips or fails the test.
 *
 * @example sharedPath('data/newsroom.db')
 */
export function sharedPath(file: string): string | null {
  const path = join(process.env.QUADRO_SHARED ?? resolve(PROJECT, '../shared'), file);
  return existsSync(path) ? path : null;
}

/**
 * The same for a test that cannot do without: skips it with the reason on a machine without the folder, and fails it
 * in CI, where a skipped test would prove nothing.
 */
export function requireShared(file: string, context: Pick<TestContext, 'skip'>): string {
  const path = sharedPath(file);
  if (path !== null) return path;
  const reason = `${file} is not there: set QUADRO_SHARED to the shared folder`;
  if (process.env.CI !== undefined) throw new Error(reason);
  return context.skip(reason);
}
