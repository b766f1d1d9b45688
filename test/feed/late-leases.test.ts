import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { fileCursorStore, type LeaseRegister } from '../../exporters/feed/index.ts';
import { tempDir } from '../support/temp.ts';
import { claimed, placed } from './lease-steps.ts';

/** Where a process stands still: before it writes the file of a change, gives it its name, or gives a cursor's file its name. */
const gates = vi.hoisted(() => {
  const none = (): Promise<void>[] => [];
  return { writeFile: none(), link: none(), rename: none() };
});

// A process cannot be stopped between two calls of its own choosing; a call can be made to wait.
vi.mock(import('node:fs/promises'), async original => {
  const real = await original();
  const gated =
    <Args extends unknown[], Result>(name: keyof typeof gates, call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      await gates[name].shift();
      return call(...args);
    };
  return {
    ...real,
    writeFile: gated('writeFile', real.writeFile),
    link: gated('link', real.link),
    rename: gated('rename', real.rename),
  };
});

const open = () => {
  const path = join(tempDir(), 'c.json');
  const { lease, ...store } = fileCursorStore(path);
  if (lease === undefined) throw new Error('a file keeps a lease');
  return { path, store, lease };
};

async function change(lease: LeaseRegister): Promise<boolean> {
  const seen = await lease.read();
  return lease.replace(seen, claimed('on time', (seen?.term ?? 0) + 1));
}

const CASES = [0, 1, 2, 3, 5].flatMap(before =>
  [1, 2, 3, 4, 9].flatMap(meanwhile =>
    (['writeFile', 'link'] as const).map(gate => [before, meanwhile, gate] as const),
  ),
);

it.each(CASES)('after %d changes, one that comes %d others too late is none (%s)', async (before, meanwhile, gate) => {
  const { path, lease } = open();
  for (let n = 0; n < before; n++) expect(await change(lease)).toBe(true);
  const frozen = Promise.withResolvers<void>();
  gates[gate].push(frozen.promise);
  const seen = await lease.read();
  const late = lease.replace(seen, claimed('too late', (seen?.term ?? 0) + 1));
  await vi.waitFor(() => expect(gates[gate]).toEqual([]));
  for (let n = 0; n < meanwhile; n++) expect(await change(lease)).toBe(true);
  frozen.resolve();
  expect(await late).toBe(false);
  expect(await lease.read()).toEqual(claimed('on time', before + meanwhile));
  expect(await change(lease)).toBe(true);
  expect(await lease.read()).toEqual(claimed('on time', before + meanwhile + 1));
  expect(readdirSync(dirname(path)).length).toBeLessThanOrEqual(3);
});

it('a save that was under way when the lease was taken over comes to nothing', async () => {
  const { path, store, lease } = open();
  await lease.replace(null, claimed('one', 1));
  await store.save(placed(5), 1);
  const frozen = Promise.withResolvers<void>();
  gates.rename.push(frozen.promise);
  const late = store.save(placed(9), 1);
  late.catch(() => undefined);
  await vi.waitFor(() => expect(gates.rename).toEqual([]));
  await lease.replace(claimed('one', 1), claimed('two', 2));
  await store.save(placed(20), 2);
  frozen.resolve();
  await expect(late).rejects.toMatchObject({ code: 'lease_lost' });
  expect(await store.load()).toEqual(placed(20));
  expect(readdirSync(dirname(path)).toSorted()).toEqual(['c.json', 'c.lease-1.json', 'c.lease-2.json']);
});
