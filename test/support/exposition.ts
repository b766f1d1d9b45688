import { execFileSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** A value of a metrics text: its name, its labels, its number, and the exemplar behind it. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: string | null;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{((?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)(?: # (.+))?$/;
const LABEL = /(\w+)="((?:[^"\\\n]|\\[\\"n])*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/** Reads a metrics text by the grammar of its format; a line that is none fails the test. */
export function parseExposition(text: string): ParsedSample[] {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => {
    const match = LINE.exec(line);
    if (match === null) throw new Error(`Not a sample: ${line}`);
    const [, name = '', labels = '', value = '', exemplar] = match;
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', raw = '']) => [
      key,
      raw.replace(/\\[\\"n]/g, each => ESCAPES[each] ?? each),
    ]);
    return { name, labels: Object.fromEntries(pairs), value: Number(value), exemplar: exemplar ?? null };
  });
}

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
