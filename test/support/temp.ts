import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A new empty folder for the test that runs, removed when it has passed; one of a failed test stays, and is named in its
 * output, so that its databases and logs can be looked at.
 */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-test-'));
  onTestFinished(({ task }) => {
    if (task.result?.state === 'fail') console.error(`${task.name}: its files are in ${dir}`);
    else rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}
