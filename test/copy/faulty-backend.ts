import type { Backend } from '../../board/backends/backend.ts';

/** What happens around the transactions of a backend, counted from 1. */
export interface Around {
  before?(transaction: number): Promise<void> | void;
  after?(transaction: number): Promise<void> | void;
}

/**
 * A backend in whose transactions a test can intervene: what `before` throws keeps a transaction from being made, what `after`
 * throws is a commit whose answer was lost.
 */
export function faulty(backend: Backend, { before, after }: Around): Backend {
  let count = 0;
  return new Proxy(backend, {
    get(target, name) {
      if (name !== 'transact') {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      const transact: Backend['transact'] = async (keys, decide, onRetry) => {
        count += 1;
        const transaction = count;
        await before?.(transaction);
        const result = await target.transact(keys, decide, onRetry);
        await after?.(transaction);
        return result;
      };
      return transact;
    },
  });
}
