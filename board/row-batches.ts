/** Most rows read or written at once. */
const MAX_ROWS = 1_000;

/** Rows of the first page, before anybody knows how large they are. */
const FIRST_ROWS = 64;

/** Most bytes of rows at once: as escaped text twice as many, still below what MySQL takes in one packet by default. */
const MAX_BYTES = 4 * 1_048_576;

/** Reads the rows after one, at most `limit`; fewer are the last. */
export type ReadPage<Row> = (after: Row | undefined, limit: number) => Promise<readonly Row[]>;

/** Cuts rows, in their order, so that no batch is too large for one transaction; one row that is too large goes alone. */
export function inBatches<Row extends object>(rows: readonly Row[]): (readonly Row[])[] {
  return cut(rows, rows.map(bytesOf));
}

function bytesOf(row: object): number {
  return Buffer.byteLength(JSON.stringify(row));
}

function cut<Row>(rows: readonly Row[], sizes: readonly number[]): (readonly Row[])[] {
  const batches: (readonly Row[])[] = [];
  let start = 0;
  let bytes = 0;
  for (const [index, size] of sizes.entries()) {
    if (index > start && (index - start === MAX_ROWS || bytes + size > MAX_BYTES)) {
      batches.push(rows.slice(start, index));
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < rows.length) batches.push(rows.slice(start));
  return batches;
}

/**
 * Reads page after page until a short one, and gives the rows in batches fit for one transaction. Pages follow the size of the
 * rows, so that memory follows neither their number nor, for long, their size.
 */
export async function* readInBatches<Row extends object>(read: ReadPage<Row>): AsyncGenerator<readonly Row[]> {
  let limit = FIRST_ROWS;
  let last: Row | undefined;
  for (;;) {
    const page = await read(last, limit);
    const sizes = page.map(bytesOf);
    yield* cut(page, sizes);
    if (page.length < limit) return;
    last = page.at(-1);
    limit = nextLimit(limit, sizes);
  }
}

/** Twice as many, unless rows as large as the largest of these would be too many bytes. */
function nextLimit(limit: number, sizes: readonly number[]): number {
  const fitting = Math.floor(MAX_BYTES / Math.max(...sizes));
  return Math.max(1, Math.min(MAX_ROWS, limit * 2, fitting));
}
