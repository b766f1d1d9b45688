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
