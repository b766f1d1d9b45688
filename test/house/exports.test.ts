import { execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { deadExports, deadFiles, undocumentedExports } from '../../scripts/export-faults.ts';
import type { Source } from '../../scripts/sources.ts';
import { otlpReceiver } from '../otel/otlp-receiver.ts';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>;
  bin: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
};

describe("the package's exports", () => {
  it.each(Object.entries(manifest.exports))('%s leads to a source file', (_, target) => {
    if (typeof target === 'string') return expect(existsSync(resolve(ROOT, target))).toBe(true);
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    const source = target.default.replace('./dist/', '').replace(/\.js$/, '.ts');
    expect(existsSync(resolve(ROOT, source)), source).toBe(true);
  });

  it('has a bin that is there', () => {
    expect(Object.values(manifest.bin).filter(path => !existsSync(resolve(ROOT, path)))).toEqual([]);
  });

  it('takes every peer as optional, and tests with it', () => {
    for (const name of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[name], name).toEqual({ optional: true });
      expect(Object.keys(manifest.devDependencies)).toContain(name);
    }
  });
});

describe('the build', () => {
  const folder = resolve(ROOT, `.quadro-test/build-${process.pid}`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds every entry, ready to be imported, with its types, and the files that are not TypeScript', async () => {
    mkdirSync(dirname(folder), { recursive: true });
    execFileSync(process.execPath, [resolve(ROOT, 'scripts/build.ts'), folder], { stdio: 'inherit' });
    const targets = Object.values(manifest.exports).filter(target => typeof target !== 'string');
    for (const { types, default: file } of targets) {
      expect(existsSync(resolve(folder, types.replace('./dist/', ''))), types).toBe(true);
      const module = await import(/* @vite-ignore */ pathToFileURL(resolve(folder, file.replace('./dist/', ''))).href);
      expect(Object.keys(module), file).not.toEqual([]);
    }
    const assets = globSync('analysis/sql/**/*.sql', { cwd: ROOT });
    expect(assets.length).toBeGreaterThan(0);
    expect(assets.filter(path => !existsSync(resolve(folder, path)))).toEqual([]);
  });

  it('traces a board by a thread of its own', async () => {
    const entryOf = (path: string): string => pathToFileURL(resolve(folder, path)).href;
    const receiver = await otlpReceiver();
    const script = `
      import { openBoard } from '${entryOf('board/index.js')}';
      import { sqlite } from '${entryOf('board/backends/sqlite/index.js')}';
      import { traceBoard } from '${entryOf('exporters/otel/index.js')}';
      const board = await openBoard({ backend: sqlite({ file: '${join(tempDir(), 'board.db')}' }) });
      board.backend.readEvents = () => { throw new Error('read in the thread of the board') };
      const tracing = traceBoard(board, { url: '${receiver.url}', stopWithinMs: 100_000 });
      await board.postTask({ task_id: 't', task_type: 'memo', label: 'x' });
      await board.updateTask({ task_id: 't', to_status: 'ON_HOLD' });
      await board.close();
      console.log(JSON.stringify(await tracing.stop()));`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const summary = JSON.parse(await text(child.stdout)) as object;
    await receiver.close();
    expect(summary).toMatchObject({ spans: 2, error: null });
    expect(receiver.spans.map(span => span.name)).toEqual(['stage UNASSIGNED', 'task memo']);
  });
});

describe('the rules themselves', () => {
  const files: Source[] = [
    { path: 'board/a.ts', text: '/** A. */\nexport const used = 1;\n\n// no doc\nexport function dead(): void {}\n' },
    { path: 'board/b.ts', text: "import { used } from './a.ts';\n\n/** B. */\nexport interface Lonely {}\n" },
    { path: 'board/index.ts', text: "export * from './c.ts';\n" },
    { path: 'board/c.ts', text: '/** C. */\nexport type All = 1;\n' },
  ];

  it('find dead values, dead types and dead files, and spare what an index passes on', () => {
    expect(deadExports(files)).toEqual([
      { path: 'board/a.ts', line: 5, message: 'nobody imports dead' },
      { path: 'board/b.ts', line: 4, message: 'nobody imports Lonely' },
    ]);
    expect(deadFiles(files)).toEqual([{ path: 'board/b.ts', line: 1, message: 'nobody imports this file' }]);
  });

  it('find exports without a doc comment, a plain comment not counting as one', () => {
    expect(undocumentedExports(files)).toEqual([{ path: 'board/a.ts', line: 5, message: 'dead has no doc comment' }]);
  });
});
