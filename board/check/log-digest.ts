import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Event } from '../core/records.ts';
import { TABLES } from '../core/tables.ts';

/** Every column but the board's uid, which a copy under another identity would change. */
const COLUMNS = TABLES.events.filter(column => column.name !== 'board_uid');

/**
 * SHA-256 over a log: of each event one line, a JSON array of its columns in their order, times as microseconds and the payload
 * as canonical JSON text. The same events give the same digest whatever they are stored in.
 */
export class LogDigest {
  readonly #hash = createHash('sha256');

  add(event: Event): void {
    const record: Readonly<Record<string, unknown>> = { ...event };
    const values = COLUMNS.map(({ name }) =>
      name === 'payload' ? canonicalJson(event.payload) : (record[name] ?? null),
    );
    this.#hash.update(`${JSON.stringify(values)}\n`);
  }

  /** In hexadecimal; more events may follow. */
  value(): string {
    return this.#hash.copy().digest('hex');
  }
}
