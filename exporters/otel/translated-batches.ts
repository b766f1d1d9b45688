import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Cursor } from '../../board/core/records.ts';
import { type Micros, US_PER_SECOND } from '../../board/core/time.ts';
import type { LogSource } from '../../board/log-source.ts';
import { cursorsBetween } from '../feed/cursor-at.ts';
import { type FeedBatch, type FeedOptions, feed } from '../feed/index.ts';
import { readAhead } from '../feed/read-ahead.ts';
import { contextKeeper } from './context.ts';
import { checkSelection, isBounded, type SelectionOptions } from './selection.ts';
import { taskPages } from './task-pages.ts';
import { translate } from './translate.ts';
import { wantedRows } from './wanted-rows.ts';

export { isBounded, type SelectionOptions, selectionStart } from './selection.ts';

/** The spans of a stretch of the log, and what was left out of it. */
export interface TranslatedBatch {
  readonly board_uid: string;
  /** The place after this stretch: save it once its spans are dealt with. Of chosen tasks, the place the reader began at. */
  readonly cursor: Cursor;
  /** Events up to the log's or the selection's end that are still unread after it; of chosen tasks, the tasks after it. */
  readonly lag: number;
  readonly spans: readonly ReadableSpan[];
  readonly clamped: number;
  readonly too_old: number;
  /**
   * Spans of tasks that are not sampled, held back in this stretch, less those it gives that were held back before: below 0 where
   * it gives more. Over a whole log `spans`, `too_old` and this add up to the spans of a run that samples all.
   */
  readonly not_sampled: number;
}

/** The selection, how the log is read, and for tests the time. */
interface BatchOptions extends SelectionOptions, FeedOptions {
  /** What the age of spans is told by. Default: the system's clock. */
  clock?: () => Micros;
}

/**
 * The wanted spans after a cursor, batch by batch; the next batch is read and translated while one is being used.
 *
 * @throws QuadroError `invalid_configuration`, at once; `task_not_found`, `cursor_beyond_log`, with the first batch.
 */
export function translatedBatches(
  source: LogSource,
  options: BatchOptions,
  cursor: Cursor,
): AsyncGenerator<TranslatedBatch, void, void> {
  checkSelection(options);
  const leave = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, leave.signal]) : leave.signal;
  const batches = readAhead(translations(source, { ...options, signal }, cursor), () => leave.abort());
  const { maxSpanAgeMs, clock = () => Date.now() * 1000 } = options;
  return maxSpanAgeMs === undefined ? batches : youngOnly(batches, maxSpanAgeMs * 1000, clock);
}

async function* translations(
  source: LogSource,
  options: SelectionOptions & FeedOptions,
  cursor: Cursor,
): AsyncGenerator<TranslatedBatch, void, void> {
  const keeper = contextKeeper(source, options);
  const wanted = wantedRows(source, keeper, options);
  let place = cursor;
  for await (const page of await selectedPages(source, options, cursor)) {
    keeper.learn(page);
    for await (const { rows, not_sampled } of wanted(page, place)) {
      const { spans, clamped } = translate(rows, await keeper.contextOf(rows));
      const { board, lag } = rows;
      yield { board_uid: board.board_uid, cursor: rows.cursor, lag, spans, clamped, too_old: 0, not_sampled };
    }
    place = page.cursor;
  }
}

/** The pages of the log that may hold what is wanted. */
async function selectedPages(
  source: LogSource,
  options: SelectionOptions & FeedOptions,
  cursor: Cursor,
): Promise<AsyncGenerator<FeedBatch, void, void>> {
  const { taskIds, until, follow = !isBounded(options) } = options;
  if (taskIds !== undefined) return taskPages(source, taskIds, { ...options, cursor });
  if (until === undefined) return feed(source, { ...options, cursor, follow });
  const { end } = await cursorsBetween(source, { until });
  return feed(source, { ...options, cursor, follow, end });
}

/**
 * Judges a span's age once, when its turn has come: not while it waits behind a batch that is tried again, and not again while it
 * is tried itself, so that every attempt sends the same.
 */
async function* youngOnly(
  batches: AsyncIterable<TranslatedBatch>,
  maxAge: Micros,
  clock: () => Micros,
): AsyncGenerator<TranslatedBatch, void, void> {
  for await (const batch of batches) {
    const oldest = clock() - maxAge;
    const spans = batch.spans.filter(
      ({ endTime: [seconds, nanos] }) => seconds * US_PER_SECOND + Math.round(nanos / 1000) >= oldest,
    );
    yield { ...batch, spans, too_old: batch.spans.length - spans.length };
  }
}
