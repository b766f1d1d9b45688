import { errorOf, ValidationError } from '../errors.ts';
import type { LeaseSighting, LeaseToken, ResultOf } from '../intents.ts';
import type { Lease } from '../records.ts';
import type { Command } from './command.ts';
import type { Effect, View } from './view.ts';

type Claims = Lease['claims'];

/** What of a board leases are decided by. */
export type LeaseView = Pick<View, 'now' | 'findLease' | 'leases'>;

/** What two roles would both have to themselves; null: everything. */
function commonClaims(one: Claims, other: Claims): Claims {
  if (one === null) return other;
  if (other === null) return one;
  const claimed = new Set(other);
  return one.filter(each => claimed.has(each));
}

/** Whether a lease keeps another role of its kind, with these claims, from being taken. */
export function isRival(lease: Lease, { role, kind, claims }: Pick<Lease, 'role' | 'kind' | 'claims'>): boolean {
  if (lease.role === role || lease.kind !== kind || lease.holder === null) return false;
  return commonClaims(claims, lease.claims)?.length !== 0;
}

/** Whether a lease stands exactly as it was seen: nobody has renewed, released or taken it since. */
export function isSighted(lease: Lease, seen: LeaseSighting): boolean {
  const { role, holder, term, renewals } = seen;
  return lease.role === role && lease.holder === holder && lease.term === term && lease.renewals === renewals;
}

function isSighting(value: unknown): value is LeaseSighting {
  if (typeof value !== 'object' || value === null) return false;
  const { role, holder, term, renewals } = value as Readonly<Record<string, unknown>>;
  const areTexts = typeof role === 'string' && typeof holder === 'string';
  return areTexts && Number.isSafeInteger(term) && Number.isSafeInteger(renewals);
}

/** The leases that stand as their watcher saw them, with nobody holding them any more. */
function freed(view: LeaseView, dead: unknown): readonly Lease[] {
  if (!Array.isArray(dead) || !dead.every(isSighting)) {
    throw new ValidationError('invalid_payload', 'board.acquire_lease: dead must list {role, holder, term, renewals}');
  }
  return dead.flatMap((seen): Lease[] => {
    const lease = view.findLease(seen.role);
    return lease !== undefined && isSighted(lease, seen) ? [{ ...lease, holder: null }] : [];
  });
}

function refuseOverlap(rival: Lease, { role, claims }: Pick<Lease, 'role' | 'claims'>): never {
  const common = commonClaims(claims, rival.claims);
  const what = common === null ? 'everything' : common.join(', ');
  throw errorOf(
    'lease_conflict',
    `${role} cannot be taken: ${rival.role}, held by ${rival.holder}, has ${what} to itself`,
    {
      details: {
        role: rival.role,
        holder: rival.holder,
        term: rival.term,
        renewals: rival.renewals,
        claims: rival.claims,
      },
    },
  );
}

/**
 * `board.acquire_lease`: takes a free role under a new term, or renews it for the one who holds it; `held` is false where
 * somebody else does. No clock decides who is dead: the caller names leases it has watched stand still, and a holder that
 * has renewed since is not what was seen.
 */
export function acquireLease(
  view: LeaseView,
  command: Pick<Command<'board.acquire_lease'>, 'params'>,
): Effect<ResultOf<'board.acquire_lease'>> {
  const { role, kind, holder, claims, duration_ms, dead = [] } = command.params;
  if (duration_ms < 1) throw new ValidationError('invalid_payload', 'board.acquire_lease: duration_ms must be from 1');
  const free = freed(view, dead);
  const all = new Map([...view.leases(), ...free].map(lease => [lease.role, lease]));
  const known = all.get(role);
  if (known !== undefined && known.holder !== null && known.holder !== holder) {
    return { result: { lease: known, held: false }, ...(free.length > 0 && { leases: free }) };
  }
  if (known?.holder === holder) {
    const renewed: Lease = { ...known, renewals: known.renewals + 1, duration_ms, renewed_at: view.now };
    return { result: { lease: renewed, held: true }, leases: [...free, renewed] };
  }
  const rival = [...all.values()].find(each => isRival(each, { role, kind, claims }));
  if (rival !== undefined) refuseOverlap(rival, { role, claims });
  const term = (known?.term ?? 0) + 1;
  const times = { duration_ms, taken_at: view.now, renewed_at: view.now };
  const lease: Lease = { role, kind, holder, term, renewals: 0, claims, ...times };
  return { result: { lease, held: true }, leases: [...free, lease] };
}

/** `board.release_lease`: the role is free at once. The row stays, so that its terms go on counting. */
export function releaseLease(
  view: LeaseView,
  command: Pick<Command<'board.release_lease'>, 'params'>,
): Effect<ResultOf<'board.release_lease'>> {
  const { role, holder, term } = command.params;
  const lease = view.findLease(role);
  if (lease?.holder !== holder || lease.term !== term) return { result: { released: false } };
  return { result: { released: true }, leases: [{ ...lease, holder: null }] };
}

/** @throws ConflictError (`lease_lost`) where the role is nobody's, or under another term than the command says. */
export function checkLease(view: LeaseView, token: LeaseToken | null): void {
  if (token === null) return;
  const { role, term } = token;
  const lease = view.findLease(role);
  if (lease !== undefined && lease.term === term && lease.holder !== null) return;
  const now = lease?.holder ? `${lease.holder} holds it under term ${lease.term}` : 'nobody holds it';
  throw errorOf('lease_lost', `The role ${role} is no longer held under term ${term}: ${now}`, {
    details: { role, term },
  });
}
