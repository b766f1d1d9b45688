import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../examples');
const run = promisify(execFile);

/** What each example prints, and so shows. */
const SHOWS: Readonly<Record<string, readonly RegExp[]>> = {
  'approval.ts': [
    /^illegal_transition: .*quoted -> ordered/m,
    /^4 revision approved → quoted$/m,
    /^6 forward approved → ordered$/m,
  ],
  'review.ts': [
    /^On bees, draft 3: 1 revision, /m,
    /REVISION_NEEDED \(wait\) → IN_PROGRESS \(rework\)/,
    /COMPLETE \(terminal\)$/m,
  ],
  'tracing.ts': [
    /^chat a-model is in the task's trace: true$/m,
    /^its parent is stage IN_PROGRESS: true$/m,
    /^and so is the process's: true$/m,
  ],
};

describe('examples/', () => {
  it('are all known here', () => {
    expect(readdirSync(FOLDER).filter(name => name.endsWith('.ts'))).toEqual(Object.keys(SHOWS).sort());
  });

  it.each(Object.entries(SHOWS))('%s runs and shows what it says', async (name, patterns) => {
    const { stdout } = await run(process.execPath, [join(FOLDER, name)]);
    for (const pattern of patterns) expect(stdout).toMatch(pattern);
  });
});
