import { describe, expect, it } from 'vitest';
import { readAhead } from '../../exporters/feed/read-ahead.ts';

async function* counting(log: string[], upTo: number, fails = false): AsyncGenerator<number, void, void> {
  try {
    for (let n = 1; n <= upTo; n++) {
      log.push(`read ${n}`);
      yield n;
    }
    if (fails) throw new Error('broken');
  } finally {
    log.push('closed');
  }
}

const later = () => new Promise(resolve => setImmediate(resolve));

describe('readAhead', () => {
  it('reads one item ahead, and no more', async () => {
    const log: string[] = [];
    for await (const n of readAhead(counting(log, 3), () => log.push('left'))) {
      await later();
      log.push(`used ${n}`);
    }
    expect(log).toEqual(['read 1', 'read 2', 'used 1', 'read 3', 'used 2', 'closed', 'used 3', 'left']);
  });

  it('gives every item before an error', async () => {
    const seen: number[] = [];
    const reading = (async () => {
      for await (const n of readAhead(counting([], 2, true), () => {})) {
        await later();
        seen.push(n);
      }
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2]);
  });

  it('closes its source when the reader leaves, though it be waiting', async () => {
    const waiting = Promise.withResolvers<void>();
    const log: string[] = [];
    async function* stuck(): AsyncGenerator<number, void, void> {
      try {
        yield 1;
        await waiting.promise;
      } finally {
        log.push('closed');
      }
    }
    for await (const _ of readAhead(stuck(), waiting.resolve)) break;
    expect(log).toEqual(['closed']);
  });
});
