import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { fileCursorStore } from '../../exporters/feed/index.ts';
import { tempDir } from '../support/temp.ts';
import { claimed } from './lease-steps.ts';

// No file system that a test can have here is without links; this is what one says.
vi.mock(import('node:fs/promises'), async original => ({
  ...(await original()),
  link: () => Promise.reject(Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' })),
}));

it('a lease in files needs no links: one of many takes each term', async () => {
  const folder = tempDir();
  const registers = Array.from({ length: 5 }, () => fileCursorStore(join(folder, 'c.json')).lease);
  for (let term = 1; term <= 10; term++) {
    const seen = (await registers[0]?.read()) ?? null;
    const taken = await Promise.all(registers.map((each, index) => each?.replace(seen, claimed(`p${index}`, term))));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect((await registers[0]?.read())?.holder).toBe(`p${taken.indexOf(true)}`);
  }
  expect(readdirSync(folder).toSorted()).toEqual(['c.lease-1.json', 'c.lease-10.json', 'c.lease-9.json']);
});
