import { errorOf } from '../core/errors.ts';
import type { Task } from '../core/records.ts';

/** What one page may weigh, as JSON, give or take a row: so a request costs memory that has a bound. */
const PAGE_BYTES = 4_194_304;

/** Rows a page holds unless the request says. */
export const DEFAULT_LIMIT = 100;

/** Most rows a page holds. */
export const MAX_LIMIT = 500;

/** Rows read first: enough to know what they weigh. */
const FIRST_ROWS = 16;

/** The place of a task in the order of every list. */
export type TaskPlace = Pick<Task, 'priority' | 'created_at' | 'task_id'>;

/** A place as it travels: opaque, so that it can change. */
export function cursorOf({ priority, created_at, task_id }: TaskPlace): string {
  return Buffer.from(JSON.stringify([priority, created_at, task_id])).toString('base64url');
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/** @throws ValidationError (`invalid_payload`) for what no page gave. */
export function placeOf(cursor: string): TaskPlace {
  const place = parsed(cursor);
  const [priority, created_at, task_id] = Array.isArray(place) ? (place as unknown[]) : [];
  if (typeof priority === 'number' && typeof created_at === 'number' && typeof task_id === 'string') {
    const candidate = { priority, created_at, task_id };
    // Only what was given comes back: what is written alike but holds other values (NUL, fractions) is none of ours.
    const areWhole = Number.isSafeInteger(priority) && Number.isSafeInteger(created_at);
    const isText = !task_id.includes('\0') && task_id.isWellFormed();
    if (areWhole && isText && cursorOf(candidate) === cursor) return candidate;
  }
  throw errorOf('invalid_payload', 'after must be the next of the page before, as it was given');
}

/** A page and whether more may follow. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

/**
 * Reads a page in steps, so that rows of any size come to about {@link PAGE_BYTES}: a few first, then as many as fit by what
 * those weighed.
 *
 * @param read Up to so many rows after the last one.
 * @param weigh About how many bytes a row is as JSON.
 */
export async function weighedPage<Row>(
  limit: number,
  read: (last: Row | undefined, limit: number) => Promise<readonly Row[]>,
  weigh: (row: Row) => number,
): Promise<Page<Row>> {
  const rows: Row[] = [];
  let bytes = 0;
  while (rows.length < limit && bytes < PAGE_BYTES) {
    const fitting =
      rows.length === 0 ? FIRST_ROWS : Math.max(1, Math.floor((PAGE_BYTES - bytes) / (bytes / rows.length)));
    const wanted = Math.min(limit - rows.length, fitting);
    const more = await read(rows.at(-1), wanted);
    rows.push(...more);
    for (const row of more) bytes += weigh(row);
    if (more.length < wanted) return { rows, hasMore: false };
  }
  return { rows, hasMore: true };
}

/** A page of a log. */
export interface LogPage<Row> {
  readonly rows: readonly Row[];
  /** `after` of the next page; null after the last. */
  readonly next: number | null;
}

/** Reads a page of a log, of at most so many rows and about {@link PAGE_BYTES}. */
export async function logPage<Row extends { readonly sequence_id: number }>(
  read: (after: number, limit: number, maxBytes: number) => Promise<readonly Row[]>,
  { after = 0, limit = DEFAULT_LIMIT }: { readonly after?: number; readonly limit?: number },
): Promise<LogPage<Row>> {
  const rows = await read(after, limit, PAGE_BYTES);
  const last = rows.at(-1)?.sequence_id ?? null;
  // A short page may have ended for its bytes.
  const hasMore = rows.length === limit || (last !== null && (await read(last, 1, PAGE_BYTES)).length > 0);
  return { rows, next: hasMore ? last : null };
}
