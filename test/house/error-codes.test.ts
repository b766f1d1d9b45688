import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, errorOf } from '../../board/core/errors.ts';
import { ROOMS, readSources } from '../../scripts/sources.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ERRORS = 'board/core/errors.ts';

/** Code → the cells of its row in docs/errors.md: class, meaning, what to do. */
function documentedCodes(): Map<string, string[]> {
  const lines = readFileSync(resolve(ROOT, 'docs/errors.md'), 'utf8').split('\n');
  const rows = lines.filter(line => line.startsWith('| `')).map(line => line.split(' | '));
  return new Map(rows.map(([code = '', ...cells]) => [code.replace(/[|` ]/g, ''), cells]));
}

describe('docs/errors.md', () => {
  const documented = documentedCodes();

  it('lists every code, and no dead one', () => {
    expect([...documented.keys()].sort()).toEqual([...ERROR_CODES].sort());
  });

  it.each(ERROR_CODES)('%s: names its class, what it means and what to do', code => {
    const [className, meaning = '', advice = ''] = documented.get(code) ?? [];
    expect(className).toBe(errorOf(code, '').name);
    expect(meaning.length).toBeGreaterThan(10);
    expect(advice.length).toBeGreaterThan(10);
  });

  it('lists only codes that the sources use', () => {
    const text = readSources(ROOMS)
      .filter(({ path }) => path !== ERRORS)
      .map(source => source.text)
      .join('\n');
    expect(ERROR_CODES.filter(code => !text.includes(`'${code}'`))).toEqual([]);
  });
});
