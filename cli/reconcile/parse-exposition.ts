import { ValidationError } from '../../board/core/errors.ts';

/** A value of a metrics text: its name, its labels, its number, and the exemplar behind it. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: string | null;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{((?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)(?: \d+)?(?: # (.+))?$/;
const LABEL = /(\w+)="((?:[^"\\\n]|\\[\\"n])*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/**
 * Reads a metrics text, Prometheus' or OpenMetrics', by the grammar of its format.
 *
 * @throws ValidationError (`invalid_source`) for a line that is no sample
 * @example parseExposition('up{job="a"} 1\n') // [{ name: 'up', labels: { job: 'a' }, value: 1, exemplar: null }]
 */
export function parseExposition(text: string): ParsedSample[] {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => {
    const match = LINE.exec(line);
    if (match === null) throw new ValidationError('invalid_source', `Not a sample: ${line}`);
    const [, name = '', labels = '', value = '', exemplar] = match;
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', raw = '']) => [
      key,
      raw.replace(/\\[\\"n]/g, each => ESCAPES[each] ?? each),
    ]);
    return { name, labels: Object.fromEntries(pairs), value: Number(value), exemplar: exemplar ?? null };
  });
}
