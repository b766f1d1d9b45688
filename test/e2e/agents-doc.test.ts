import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { REPEAT } from '../../board/transport/http/handling.ts';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DOC = readFileSync(join(ROOT, 'docs/agents.md'), 'utf8');
const SOURCES: Readonly<Record<string, string>> = {
  quadro: 'board/index.ts',
  'quadro/sqlite': 'board/backends/sqlite/index.ts',
};

describe('docs/agents.md', () => {
  it('its blocks are one program that prints what the comments say', async () => {
    const program = [...DOC.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');
    const said = [...program.matchAll(/\/\/ prints (.*)$/gm)].map(([, text]) => text);
    expect(said.length).toBeGreaterThan(10);
    const file = join(tempDir(), 'agents.ts');
    const sources = program.replaceAll(/ from '(quadro[^']*)'/g, (_, name: string) => {
      return ` from '${pathToFileURL(join(ROOT, SOURCES[name] ?? ''))}'`;
    });
    writeFileSync(file, sources);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
      file,
    ]);
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual(said);
  });

  it('shows the worker over HTTP as the example has it', () => {
    const example = readFileSync(join(ROOT, 'examples/http-worker.ts'), 'utf8');
    const [, shown] = /```typescript\n([\s\S]*?)```/.exec(DOC) ?? [];
    expect(shown).toBe(example.slice(example.indexOf('import ')));
  });

  it('says of every intent whether it is sent again', () => {
    const rows = [...DOC.matchAll(/^\| (.*) \| (yes|no|the first)/gm)].map(([, intents]) => intents).join();
    const named = Object.entries(REPEAT).filter(([, repeat]) => repeat === 'safe' || repeat === 'never');
    expect(named.filter(([intent]) => !rows.includes(`\`${intent}\``))).toEqual([]);
    const refused = /^\| (.*) \| no: it would happen twice/m.exec(DOC)?.[1] ?? '';
    for (const [intent, repeat] of named) {
      const isNever = repeat === 'never' && intent !== 'worker.execute_task';
      expect([intent, refused.includes(`\`${intent}\``)]).toEqual([intent, isNever]);
    }
  });
});
