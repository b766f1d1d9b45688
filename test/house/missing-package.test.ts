import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../board/core/errors.ts';
import { importPeer } from '../../board/missing-package.ts';
import { quadro, type Ran } from '../support/run-quadro.ts';
import { writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

// A variable, so that nothing resolves the name before it is run.
const ABSENT = 'quadro-no-such-package';

describe('importPeer', () => {
  it('gives the module where it is there', async () => {
    const yaml = await importPeer('yaml', () => import('yaml'));
    expect(yaml.parse('a: 1')).toEqual({ a: 1 });
  });

  it('names the install line where the package is not there', async () => {
    const load = importPeer(ABSENT, () => import(/* @vite-ignore */ ABSENT));
    await expect(load).rejects.toThrow(ConfigurationError);
    await expect(load).rejects.toMatchObject({
      code: 'missing_package',
      message: `The package ${ABSENT} is not installed; run: npm install ${ABSENT}`,
      details: { packages: [ABSENT], install: `npm install ${ABSENT}` },
    });
  });

  it('names all packages in one line where several are needed', async () => {
    const load = importPeer(['yaml', ABSENT], () => import(/* @vite-ignore */ ABSENT));
    await expect(load).rejects.toMatchObject({
      code: 'missing_package',
      message: `This needs packages that are not installed; run: npm install yaml ${ABSENT}`,
    });
  });

  it('leaves every other failure as it is', async () => {
    const other = importPeer('better-sqlite3', () => import(/* @vite-ignore */ ABSENT));
    await expect(other).rejects.not.toThrow(ConfigurationError);
    const broken = new Error('the binary does not fit this machine');
    await expect(importPeer('better-sqlite3', () => Promise.reject(broken))).rejects.toBe(broken);
  });
});

describe('a machine without a driver', () => {
  const hook = pathToFileURL(resolve(import.meta.dirname, '../support/hide-packages.ts')).href;
  const withoutPackages = (names: string, args: readonly string[]): Promise<Ran> =>
    quadro(args, { env: { NODE_OPTIONS: `--import=${hook}`, QUADRO_TEST_HIDDEN: names } });

  it.each([
    ['pg', 'postgres://quadro@127.0.0.1:1/boards'],
    ['mysql2', 'mysql://quadro@127.0.0.1:1/boards'],
    ['better-sqlite3', 'nowhere.db'],
  ])('is told to install %s for %s', async (name, url) => {
    const { status, stdout, stderr } = await withoutPackages(name, ['boards', url]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(`quadro: The package ${name} is not installed; run: npm install ${name} (missing_package)\n`);
  });

  it('that it does not use has every command', async () => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    const { status, stderr } = await withoutPackages('pg,mysql2', ['check', file]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe("a machine without OpenTelemetry's packages", () => {
  const root = resolve(import.meta.dirname, '../..');
  const hook = pathToFileURL(resolve(root, 'test/support/hide-packages.ts')).href;
  const env = { NODE_OPTIONS: `--import=${hook}`, QUADRO_TEST_HIDDEN: '@opentelemetry' };
  const install =
    'npm install @opentelemetry/api @opentelemetry/otlp-transformer @opentelemetry/resources @opentelemetry/sdk-trace';

  /** What a module made of these lines prints as JSON; `otel` and `board` are ours. */
  function printedBy(lines: string): unknown {
    const urlOf = (file: string) => JSON.stringify(pathToFileURL(resolve(root, file)).href);
    const code = `
      const otel = await import(${urlOf('exporters/otel/index.ts')});
      const { openBoard } = await import(${urlOf('board/index.ts')});
      const { sqlite } = await import(${urlOf('board/backends/sqlite/index.ts')});
      const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
      ${lines}`;
    const args = ['--input-type=module', '--eval', code];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } }));
  }

  it('has quadro/otel, its names and its translator', () => {
    const printed = printedBy(`
      const context = { origins: new Map(), roots: new Map(), enteredStatus: new Map() };
      const batch = { board: await board.board(), events: [], chief_cycles: [], ombudsman_ticks: [] };
      console.log(JSON.stringify([otel.SPAN.stage, otel.translate(batch, context).spans]));`);
    expect(printed).toEqual(['stage', []]);
  });

  it('is told what to install by the first export, also of a board that has nothing to send', () => {
    const printed = printedBy(`
      const told = [];
      for (const options of [{ follow: false }, { file: 'never.ndjson' }, { url: 'http://127.0.0.1:1' }]) {
        await otel.exportSpans(board, options).catch(({ name, code, message }) => told.push([name, code, message]));
      }
      console.log(JSON.stringify(told));`);
    const refusal = [
      'ConfigurationError',
      'missing_package',
      `This needs packages that are not installed; run: ${install}`,
    ];
    expect(printed).toEqual([refusal, refusal, refusal]);
    expect(existsSync('never.ndjson')).toBe(false);
  });

  it('has a board that works on beside a tracing that cannot', () => {
    const printed = printedBy(`
      const codes = [];
      const tracing = otel.traceBoard(board, { onError: ({ code }) => codes.push(code) });
      await board.postTask({ task_id: 't', task_type: 'article', label: 'T' });
      const { error } = await tracing.stop();
      console.log(JSON.stringify([codes, error.code, (await board.getTask('t')).task.label]));`);
    expect(printed).toEqual([['missing_package'], 'missing_package', 'T']);
  });

  it('is told by the command line', async () => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    const { status, stdout, stderr } = await quadro(['spans', file, '--to', join(tempDir(), 'spans.ndjson')], { env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(install);
  });
});

describe("a machine without fastify's packages", () => {
  it('has a board and its tokens; serving it says what to install', () => {
    const root = resolve(import.meta.dirname, '../..');
    const urlOf = (file: string) => JSON.stringify(pathToFileURL(resolve(root, file)).href);
    const code = `
      const { createToken } = await import(${urlOf('board/service/index.ts')});
      const { openBoard } = await import(${urlOf('board/index.ts')});
      const { sqlite } = await import(${urlOf('board/backends/sqlite/index.ts')});
      const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
      const { name } = await createToken(board, { name: 'ci', permissions: ['read'] });
      const { code, message } = await board.serve({ port: 0 }).catch(error => error);
      await board.close();
      console.log(JSON.stringify([name, code, message]));`;
    const hook = pathToFileURL(resolve(root, 'test/support/hide-packages.ts')).href;
    const env = {
      ...process.env,
      NODE_OPTIONS: `--import=${hook}`,
      QUADRO_TEST_HIDDEN: 'fastify,@fastify,pino,typebox',
    };
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8', env });
    const [name, errorCode, message] = JSON.parse(printed) as [string, string, string];
    expect([name, errorCode]).toEqual(['ci', 'missing_package']);
    const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { peerDependencies: object };
    const packages = message.split('npm install ')[1]?.split(' ') ?? [];
    expect(packages).toEqual(expect.arrayContaining(['fastify', 'typebox', '@fastify/helmet', 'pino', 'cockatiel']));
    expect(packages.filter(each => !Object.keys(manifest.peerDependencies).includes(each))).toEqual([]);
  });
});
