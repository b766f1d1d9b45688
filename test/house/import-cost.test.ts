import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const HOOK = pathToFileURL(resolve(ROOT, 'test/support/record-packages.ts')).href;

function packagesLoadedBy(...files: readonly string[]): string[] {
  const urls = files.map(file => pathToFileURL(resolve(ROOT, file)).href);
  const program = urls.map(url => `await import(${JSON.stringify(url)})`).join(';');
  const output = execFileSync(process.execPath, ['--import', HOOK, '--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as string[];
}

/** Entry → what importing it may load from node_modules: so it can be used with nothing else installed. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  'board/index.ts': /^(yaml|smol-toml)$/,
  'exporters/feed/index.ts': /^(yaml|smol-toml)$/,
  'board/transport/http/index.ts': /^(yaml|smol-toml)$/,
  'board/backends/sqlite/index.ts': /^(yaml|smol-toml|kysely)$/,
  'board/backends/postgres/index.ts': /^(yaml|smol-toml|kysely)$/,
  'board/backends/mysql/index.ts': /^(yaml|smol-toml|kysely)$/,
  'exporters/files/index.ts': /^(yaml|smol-toml)$/,
  'exporters/otel/index.ts': /^(yaml|smol-toml)$/,
  'exporters/prometheus/index.ts': /^(yaml|smol-toml)$/,
  'board/service/index.ts': /^(yaml|smol-toml|cockatiel)$/,
  'analysis/index.ts': /^(yaml|smol-toml)$/,
  'dashboards/index.ts': /^(yaml|smol-toml)$/,
  'dashboards/report/index.ts': /^(yaml|smol-toml)$/,
  'cli/main.ts':
    /^(commander|cli-table3|string-width|strip-ansi|ansi-regex|emoji-regex|is-fullwidth-code-point|@colors)/,
};

/** The same of a command, until it runs. */
const ALLOWED_OF_COMMANDS =
  /^(yaml|smol-toml|kysely|commander|cli-progress|cli-table3|string-width|strip-ansi|ansi-regex|emoji-regex|is-fullwidth-code-point|@colors)/;

describe('the cost of an import', () => {
  it.each(Object.entries(ALLOWED))('%s loads only packages that match %s', (file, allowed) => {
    expect(packagesLoadedBy(file).filter(name => !allowed.test(name))).toEqual([]);
  });

  it('the commands load none of the optional packages before they run', () => {
    const commands = readdirSync(resolve(ROOT, 'cli/commands')).map(file => `cli/commands/${file}`);
    expect(commands.length).toBeGreaterThan(10);
    expect(packagesLoadedBy(...commands).filter(name => !ALLOWED_OF_COMMANDS.test(name))).toEqual([]);
  });

  it('would be seen: the recorder names a package that is loaded, by import and by require', () => {
    expect(packagesLoadedBy('node_modules/prom-client/index.js')).toContain('prom-client');
    expect(packagesLoadedBy('node_modules/kysely/dist/index.js')).toContain('kysely');
  });
});
