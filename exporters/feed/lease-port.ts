import type { LeaseIntent, LeasePort } from '../../board/agents/lease-keeper.ts';
import { systemClock } from '../../board/clock.ts';
import { acquireLease, type LeaseView, releaseLease } from '../../board/core/decide/leases.ts';
import type { Effect } from '../../board/core/decide/view.ts';
import type { ParamsOf, ResultOf } from '../../board/core/intents.ts';
import type { Lease } from '../../board/core/records.ts';
import type { LeaseRegister } from './lease-register.ts';

type Handlers = { readonly [I in LeaseIntent]: (params: ParamsOf<I>) => Promise<ResultOf<I>> };

/** Answers for one role as a board would, by the same rules, over a register. */
export function leasePort(register: LeaseRegister, role: string): LeasePort {
  const clock = systemClock();
  const decided = async <Result>(decide: (view: LeaseView) => Effect<Result>): Promise<Result> => {
    for (;;) {
      const seen = await register.read();
      const { result, leases = [] } = decide(viewOf(named(seen, role), clock()));
      const next = leases.at(-1);
      // What another process has changed meanwhile is decided anew.
      if (next === undefined || (await register.replace(seen, next))) return result;
    }
  };
  const handlers: Handlers = {
    'board.list_leases': async () => ({ leases: named(await register.read(), role) }),
    'board.acquire_lease': params => decided(view => acquireLease(view, { params })),
    'board.release_lease': params => decided(view => releaseLease(view, { params })),
  };
  return { call: (intent, params) => handlers[intent](params) };
}

/** A register holds one lease, of whatever name. */
function named(lease: Lease | null, role: string): readonly Lease[] {
  return lease === null ? [] : [{ ...lease, role }];
}

function viewOf(leases: readonly Lease[], now: number): LeaseView {
  return { now, leases: () => leases, findLease: role => leases.find(lease => lease.role === role) };
}
