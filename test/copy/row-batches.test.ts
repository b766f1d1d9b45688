import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inBatches, readInBatches } from '../../board/row-batches.ts';

const MEBIBYTE = 1_048_576;

interface Row {
  readonly n: number;
  readonly text: string;
}

/** Rows of these sizes in characters, numbered from 1. */
const rowsOf = (sizes: readonly number[]): Row[] =>
  sizes.map((size, index) => ({ n: index + 1, text: 'x'.repeat(size) }));

const bytesOf = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + JSON.stringify(row).length, 0);

const SIZES = fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(50) }, fc.nat(3 * MEBIBYTE)), { maxLength: 60 });

function expectFit(batches: readonly (readonly Row[])[]): void {
  for (const rows of batches) {
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThanOrEqual(1_000);
    if (rows.length > 1) expect(bytesOf(rows)).toBeLessThanOrEqual(4 * MEBIBYTE);
  }
}

describe('rows in batches', () => {
  it('are all there, in their order, and no batch is too large', () => {
    fc.assert(
      fc.property(SIZES, sizes => {
        const rows = rowsOf(sizes);
        const batches = inBatches(rows);
        expectFit(batches);
        expect(batches.flat()).toEqual(rows);
      }),
      { numRuns: 20 },
    );
  });

  it('go alone where one is too large by itself, and count bytes, not characters', () => {
    expect(inBatches(rowsOf([1, 5 * MEBIBYTE, 1])).map(batch => batch.length)).toEqual([1, 1, 1]);
    const wide = Array.from({ length: 3 }, (_, n) => ({ n, text: '名'.repeat(MEBIBYTE) }));
    expect(inBatches(wide).map(batch => batch.length)).toEqual([1, 1, 1]);
    expect(inBatches([])).toEqual([]);
  });

  it.each([0, 1, 63, 64, 65, 191, 192, 193, 5_000])('are read to the last of %i, in pages', async count => {
    const rows = rowsOf(Array.from({ length: count }, () => 1));
    const limits: number[] = [];
    const pages = readInBatches<Row>((last, limit) => {
      limits.push(limit);
      return Promise.resolve(rows.slice(last?.n ?? 0, (last?.n ?? 0) + limit));
    });
    expect((await Array.fromAsync(pages)).flat()).toEqual(rows);
    expect(Math.max(...limits)).toBeLessThanOrEqual(1_000);
  });

  it('are read in smaller pages where they are large, so that memory does not follow them', async () => {
    const rows = rowsOf([...Array.from({ length: 300 }, () => 10), ...Array.from({ length: 300 }, () => MEBIBYTE / 4)]);
    const read: number[] = [];
    const pages = readInBatches<Row>((last, limit) => {
      const page = rows.slice(last?.n ?? 0, (last?.n ?? 0) + limit);
      read.push(bytesOf(page));
      return Promise.resolve(page);
    });
    const batches = await Array.fromAsync(pages);
    expectFit(batches);
    expect(batches.flat()).toHaveLength(600);
    // The first page of large rows comes unawares; from then on they fit.
    const isLarge = (bytes: number): boolean => bytes > 5 * MEBIBYTE;
    expect(read.filter(isLarge).length).toBeLessThanOrEqual(1);
  });
});
