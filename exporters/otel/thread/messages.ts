import type { Lease } from '../../../board/core/records.ts';
import type { SavedCursor } from '../../feed/index.ts';
import type { ExportProgress } from '../export-options.ts';
import type { TracingSummary } from '../restarting.ts';
import type { ToldError } from './told-error.ts';

/** What a tracing's thread is told. */
export type ToThread =
  /** Read to the log's end, and end. */
  | { readonly kind: 'drain' }
  /** End now. */
  | { readonly kind: 'cut_off' }
  | Answer;

/** What it tells. */
export type FromThread =
  | ({ readonly kind: 'news' } & News)
  | { readonly kind: 'failure'; readonly error: ToldError; readonly retryInMs: number | null }
  | { readonly kind: 'call'; readonly call: StoreCall }
  | { readonly kind: 'done'; readonly summary: ToldSummary };

/** What has happened since the news before. */
export interface News {
  /** Where the export stands, or null where that was not told. */
  readonly progress: ExportProgress | null;
  /** Spans by what became of them. */
  readonly spans: ReadonlyMap<string, number>;
  /** The last event dealt with and the events still unread, or null where that was not told. */
  readonly position: readonly [sequenceId: number, lagEvents: number] | null;
}

/** What can be asked of a cursor store. */
export type StoreRequest =
  | { readonly name: 'load' }
  | { readonly name: 'save'; readonly saved: SavedCursor; readonly term?: number }
  | { readonly name: 'read_lease' }
  | { readonly name: 'replace_lease'; readonly seen: Lease | null; readonly next: Lease };

/** A request, numbered by the thread that asks. */
export type StoreCall = StoreRequest & { readonly id: number };

/** What a call came to. */
export type Answer =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: ToldError };

/** A summary whose error can be sent. */
export interface ToldSummary extends Omit<TracingSummary, 'error'> {
  readonly error: ToldError | null;
}
