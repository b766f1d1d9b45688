import { describe, expect, it } from 'vitest';
import { runVitest } from '../support/run-vitest.ts';

function runSuite(body: string, env: Record<string, string> = {}) {
  const { status, stdout } = runVitest(`import { it } from 'vitest';\n${body}`, env);
  return { status, lastLine: stdout.trimEnd().split('\n').at(-1), end: stdout.slice(-1) };
}

const PASS = "it('a', () => {});\n";
const SKIP = "it.skip('b', () => {});\n";
const FAIL = "it('c', () => { throw new Error('no'); });\n";

describe('the closing line', () => {
  it('counts passed, failed and skipped tests, last and alone on its line', () => {
    expect(runSuite(PASS + PASS + SKIP + FAIL)).toEqual({
      status: 1,
      lastLine: '2 passed, 1 failed, 1 skipped',
      end: '\n',
    });
  });

  it('lets a skipped test pass on a machine of one’s own, and not in CI', () => {
    expect(runSuite(PASS + SKIP)).toMatchObject({ status: 0, lastLine: '1 passed, 0 failed, 1 skipped' });
    expect(runSuite(PASS + SKIP, { CI: 'true' })).toMatchObject({
      status: 1,
      lastLine: '1 passed, 0 failed, 1 skipped',
    });
    expect(runSuite(PASS, { CI: 'true' })).toMatchObject({ status: 0, lastLine: '1 passed, 0 failed, 0 skipped' });
  });

  it('counts a file that cannot be loaded as failed', () => {
    expect(runSuite("import './no-such-file.ts';\n")).toMatchObject({
      status: 1,
      lastLine: '0 passed, 1 failed, 0 skipped',
    });
  });
});
