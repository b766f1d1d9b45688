import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const HOOK = pathToFileURL(resolve(ROOT, 'test/support/record-packages.ts')).href;

function packagesLoadedBy(file: string): string[] {
  const url = pathToFileURL(resolve(ROOT, file)).href;
  const output = execFileSync(
    process.execPath,
    ['--import', HOOK, '--input-type=module', '--eval', `await import(${JSON.stringify(url)})`],
    { encoding: 'utf8' },
  );
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as string[];
}

/** Entry → what importing it may load from node_modules: so it can be used with nothing else installed. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  'board/index.ts': /^(yaml|smol-toml)$/,
  'exporters/feed/index.ts': /^(yaml|smol-toml)$/,
  'board/backends/sqlite/index.ts': /^(yaml|smol-toml|kysely)$/,
  'board/backends/postgres/index.ts': /^(yaml|smol-toml|kysely)$/,
  'board/backends/mysql/index.ts': /^(yaml|smol-toml|kysely)$/,
  'exporters/files/index.ts': /^(yaml|smol-toml)$/,
  'exporters/otel/index.ts': /^(yaml|smol-toml)$/,
  'exporters/prometheus/index.ts': /^(yaml|smol-toml)$/,
  'analysis/index.ts': /^(yaml|smol-toml)$/,
  'cli/main.ts':
    /^(yaml|smol-toml|kysely|commander|cli-progress|cli-table3|string-width|strip-ansi|ansi-regex|emoji-regex|is-fullwidth-code-point|@colors)/,
};

describe('the cost of an import', () => {
  it.each(Object.entries(ALLOWED))('%s loads only packages that match %s', (file, allowed) => {
    expect(packagesLoadedBy(file).filter(name => !allowed.test(name))).toEqual([]);
  });

  it('would be seen: the recorder names a package that is loaded, by import and by require', () => {
    expect(packagesLoadedBy('node_modules/prom-client/index.js')).toContain('prom-client');
    expect(packagesLoadedBy('node_modules/kysely/dist/index.js')).toContain('kysely');
  });
});
