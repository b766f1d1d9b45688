import type { Backend, Changes } from '../board/backends/backend.ts';

/** A backend that also keeps what every transaction wrote, so that the raw driver can write the same rows. */
export function recording(backend: Backend, record: (changes: Changes) => void): Backend {
  return new Proxy(backend, {
    get(target, name) {
      if (name !== 'transact') {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      const transact: Backend['transact'] = (keys, decide, onRetry) =>
        target.transact(
          keys,
          snapshot => {
            const decision = decide(snapshot);
            if (decision.changes !== null) record(decision.changes);
            return decision;
          },
          onRetry,
        );
      return transact;
    },
  });
}
