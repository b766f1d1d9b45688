import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecentMap } from '../../exporters/feed/recent-map.ts';

it('remembers the last entries, and forgets what is older than twice as many', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (keys, atLeast) => {
      const map = new RecentMap<number, number>(atLeast);
      const lastSet = new Map<number, number>();
      for (const [place, key] of keys.entries()) {
        map.set(key, place);
        lastSet.set(key, place);
        for (const [each, at] of lastSet) {
          const newerKeys = new Set(keys.slice(at + 1, place + 1)).size;
          const found = map.get(each);
          if (newerKeys < atLeast) expect(found).toBe(at);
          else expect([at, undefined]).toContain(found);
        }
      }
      const remembered = [...lastSet.keys()].filter(key => map.get(key) !== undefined);
      expect(remembered.length).toBeLessThanOrEqual(2 * atLeast);
    }),
  );
});
