import { execFileSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import { parseExposition } from '../../cli/reconcile/parse-exposition.ts';

export { type ParsedSample, parseExposition } from '../../cli/reconcile/parse-exposition.ts';

/** The value of one series, or undefined; more than one that fits fails the test. */
export function sampleOf(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const found = parseExposition(text).filter(
    sample => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length > 1) throw new Error(`${found.length} series of ${name} have ${JSON.stringify(labels)}`);
  return found[0]?.value;
}

/** What `promtool check metrics` says against a text: empty where it finds nothing. Skips without promtool, but not in CI. */
export function promtoolFaults(text: string, context: Pick<TestContext, 'skip'>): string {
  try {
    execFileSync('promtool', ['check', 'metrics'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] });
    return '';
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code !== 'ENOENT') return `${stderr}`;
    if (process.env.CI !== undefined) throw error;
    return context.skip('promtool is not there: install the Debian package prometheus');
  }
}
