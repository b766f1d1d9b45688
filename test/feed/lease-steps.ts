import type { Lease } from '../../board/core/records.ts';
import type { SavedCursor } from '../../exporters/feed/index.ts';

/** What a racing process does. */
export interface RacerOptions {
  /** A cursor's file, or a database server's URL. */
  readonly place: string;
  /** Who it is. */
  readonly name: string;
  /** How many terms it takes; 0: it saves a cursor under each term that it reads on stdin, until that is refused. */
  readonly takes: number;
}

/** A lease just taken. */
export function claimed(holder: string | null, term: number, renewals = 0): Lease {
  const times = { duration_ms: 10_000, taken_at: 1, renewed_at: 1 };
  return { role: 'spans:otlp', kind: 'exporter', holder, term, renewals, claims: null, ...times };
}

/** A cursor at an event. */
export function placed(events: number): SavedCursor {
  return { board_uid: 'b1', destination: 'otlp', cursor: { events, chief_cycles: 2, ombudsman_ticks: 3 } };
}
