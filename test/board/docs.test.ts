import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { resolveBoardOptions } from '../../board/board-options.ts';
import { INTENT_FIELDS } from '../../board/core/payload.ts';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/board.md'), 'utf8');
const MODULES = { quadro: 'board/index.ts', 'quadro/sqlite': 'board/backends/sqlite/index.ts' };

/** A line `expression; // value` as a check of it. */
const asCheck = (line: string): string =>
  line.replace(
    /^(?!const |import )(\S.*); \/\/ (.+)$/,
    (_, expression, value) => `assert.deepEqual(${expression}, ${value}); checks++;`,
  );

describe('docs/board.md', () => {
  it('every line of its code works, and gives what it says', async () => {
    const blocks = [...PAGE.matchAll(/```ts\n([\s\S]*?)```/g)].map(match => match[1] ?? '');
    let program = blocks.join('\n').split('\n').map(asCheck).join('\n');
    for (const [name, file] of Object.entries(MODULES)) {
      program = program.replaceAll(`from '${name}'`, `from '${pathToFileURL(join(ROOT, file))}'`);
    }
    const folder = tempDir();
    const source = `import assert from 'node:assert/strict';\nlet checks = 0;\n${program}\nconsole.log(checks);\n`;
    writeFileSync(join(folder, 'page.ts'), source);
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', 'page.ts'], { cwd: folder });
    expect(Number(stdout)).toBe([...PAGE.matchAll(/^(?!const |import )\S.*; \/\/ .+$/gm)].length);
    expect(Number(stdout)).toBeGreaterThan(10);
  });

  it('names every intent of a board with every field of its payload, and no other', () => {
    const rows = new Map(
      [...PAGE.matchAll(/^\| `((?:board|worker)\.\w+)` \| (.*?) ?\|/gm)].map(([, intent, payload]) => [
        intent,
        payload,
      ]),
    );
    const elsewhere = ['chief.wake', 'worker.execute_task'];
    expect([...rows.keys()].sort()).toEqual(
      Object.keys(INTENT_FIELDS)
        .filter(intent => !elsewhere.includes(intent))
        .sort(),
    );
    for (const [intent, fields] of Object.entries(INTENT_FIELDS)) {
      const payload = rows.get(intent);
      if (payload === undefined || payload.startsWith('the row of')) continue;
      const said = payload
        .replace(/\(.*?\)/g, '')
        .split(',')
        .map(field => field.trim())
        .filter(Boolean);
      const meant = Object.entries(fields).map(([name, { required }]) => (required ? name : `${name}?`));
      expect(said.sort(), intent).toEqual(meant.sort());
    }
  });

  it('names every option with its default', () => {
    const backend = sqlite({ file: ':memory:' });
    const table = PAGE.slice(PAGE.indexOf('| option |'), PAGE.indexOf('`sqlite({'));
    for (const name of [...Object.keys(resolveBoardOptions({ backend })), 'resumable'])
      expect(table).toContain(`\`${name}\``);
    const { maxBatch, maxQueued } = resolveBoardOptions({ backend });
    expect(table).toContain(`| \`maxBatch\` | ${maxBatch} |`);
    expect(table).toContain(`| \`maxQueued\` | ${maxQueued.toLocaleString('en')} |`);
  });
});
