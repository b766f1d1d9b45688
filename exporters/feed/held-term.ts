import { errorOf } from '../../board/core/errors.ts';
import type { LeaseRegister } from './lease-register.ts';

/** @throws ConflictError (`lease_lost`) where a lease is nobody's, or under another term. */
export async function assertTermHeld(register: LeaseRegister, term: number, what: string): Promise<void> {
  const lease = await register.read();
  if (lease !== null && lease.term === term && lease.holder !== null) return;
  const now = lease === null || lease.holder === null ? 'nobody has it' : `${lease.holder} has it`;
  throw errorOf('lease_lost', `The lease of ${what} is no longer held under term ${term}: ${now} now`, {
    details: { term, holder: lease?.holder ?? null },
  });
}
