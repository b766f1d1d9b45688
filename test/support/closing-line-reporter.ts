import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function countModule(counts: Counts, module: TestModule): void {
  let failedHere = 0;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'failed') failedHere += 1;
    else if (state === 'passed') counts.passed += 1;
    else counts.skipped += 1;
  }
  // A file that could not be loaded, or whose hooks failed, holds no failed test and has failed nevertheless.
  counts.failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere;
}

/**
 * Prints `N passed, N failed, N skipped` alone on the very last line, whatever other reporters say. In CI a skipped test
 * fails the run: what lacks a file, a program or a server there would prove nothing.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) countModule(counts, module);
    const { passed, failed, skipped } = counts;
    process.once('exit', () => {
      if (process.env.CI === 'true' && skipped > 0) {
        writeSync(1, `\n${skipped} tests were skipped, which fails a run in CI\n`);
        process.exitCode = 1;
      }
      writeSync(1, `\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
}
