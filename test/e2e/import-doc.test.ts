import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOG_FIELDS } from '../../board/import/event-log/column-map.ts';
import { consoleExamples, outputPattern, wordsOf } from '../support/console-examples.ts';
import { quadro, withoutProgress } from '../support/run-quadro.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DOC = readFileSync(join(ROOT, 'docs/import.md'), 'utf8');

/** The files that the page shows, each after its name. */
const FILES = [...DOC.matchAll(/`([\w.]+)`:\n\n```(?:csv|xml)\n([\s\S]*?)```/g)];

describe('docs/import.md', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-doc-'));
  beforeAll(() => {
    for (const [, name = '', content = ''] of FILES) writeFileSync(join(dir, name), content);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('shows three files', () => {
    expect(FILES.map(([, name]) => name)).toEqual(['tickets.csv', 'steps.csv', 'claims.xes']);
  });

  it.each(consoleExamples(DOC))('$ %s', async (command, output) => {
    const { status, stdout, stderr } = await quadro(wordsOf(command).slice(1), { cwd: dir });
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
    expect(stdout.replaceAll('\r\n', '\n')).toMatch(outputPattern(output));
  });

  it('its program works', async () => {
    const program = /```ts\n([\s\S]*?)```/.exec(DOC)?.[1] ?? '';
    const entries = { quadro: 'board/index.ts', 'quadro/sqlite': 'board/backends/sqlite/index.ts' };
    const source = Object.entries(entries)
      .reduce(
        (text, [name, file]) => text.replace(`from '${name}'`, `from '${pathToFileURL(join(ROOT, file))}'`),
        program,
      )
      .replace("'tickets.csv'", JSON.stringify(join(dir, 'tickets.csv')))
      .replace("'tickets-again.db'", JSON.stringify(join(dir, 'tickets-again.db')));
    writeFileSync(join(dir, 'page.ts'), `${source}\nexport default { events, rejected, rejects };\n`);
    const { default: result } = (await import(/* @vite-ignore */ pathToFileURL(join(dir, 'page.ts')).href)) as {
      default: unknown;
    };
    expect(result).toEqual({ events: 7, rejected: 0, rejects: [] });
  });

  it('names every field', () => {
    const rows = [...DOC.matchAll(/^\| (`[^|]*`) \| .* \| .* \|$/gm)].flatMap(
      ([, names = '']) => names.match(/\w+/g) ?? [],
    );
    expect(rows.filter(name => LOG_FIELDS.some(field => field === name)).sort()).toEqual([...LOG_FIELDS].sort());
  });
});
