/** How a page of a log is kept to a number of bytes, alike in every source. */
import type { TableRecords } from './tables.ts';

/** A log: a table whose rows are numbered and never change. */
export type LogName = 'events' | 'chief_cycles' | 'ombudsman_ticks' | 'flight_log';

/** The columns that hold JSON or text of any length; their bytes as they are stored are a row's size. */
export const LONG_COLUMNS: { readonly [Log in LogName]: readonly (keyof TableRecords[Log] & string)[] } = {
  events: ['payload'],
  chief_cycles: ['by_capability', 'by_capability_after', 'error'],
  ombudsman_ticks: ['statuses_scanned', 'error'],
  flight_log: ['payload'],
};

/** How many rows, of these sizes and from the first on, come to no more than `maxBytes`; the first in any case. */
export function rowsThatFit(sizes: readonly number[], maxBytes: number): number {
  let bytes = 0;
  const tooMany = sizes.findIndex((size, index) => {
    bytes += size;
    return index > 0 && bytes > maxBytes;
  });
  return tooMany === -1 ? sizes.length : tooMany;
}
