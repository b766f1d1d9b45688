import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../board/core/errors.ts';
import { importPeer } from '../../board/missing-package.ts';

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
