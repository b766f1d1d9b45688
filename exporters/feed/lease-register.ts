import type { Lease } from '../../board/core/records.ts';

/**
 * One lease, kept where every process finds it that may have it, by compare and set. It stands beside a reader's place and not
 * among a board's leases, so that a reader stays one: it takes no lock of the board.
 */
export interface LeaseRegister {
  /** What is kept now, or null where there never was a lease. */
  read(): Promise<Lease | null>;
  /**
   * Keeps the next lease where what is kept is still what was seen (null: nothing), and answers whether it is kept now. Of
   * several that replace the same, one does.
   */
  replace(seen: Lease | null, next: Lease): Promise<boolean>;
}

/** Whether what was kept is a lease: a file or a row may hold anything. */
export function isLease(value: unknown): value is Lease {
  if (typeof value !== 'object' || value === null) return false;
  const { role, kind, holder, claims, ...numbers } = value as Readonly<Record<keyof Lease, unknown>>;
  const hasNames = typeof role === 'string' && typeof kind === 'string';
  const hasHolder = holder === null || typeof holder === 'string';
  const hasClaims = claims === null || (Array.isArray(claims) && claims.every(each => typeof each === 'string'));
  const { term, renewals, duration_ms, taken_at, renewed_at } = numbers;
  const counts = [term, renewals, duration_ms, taken_at, renewed_at];
  return hasNames && hasHolder && hasClaims && counts.every(each => Number.isSafeInteger(each) && Number(each) >= 0);
}
