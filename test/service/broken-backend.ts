import type { Backend } from '../../board/backends/backend.ts';

/** What a test does to a backend while it is in use. */
export interface Hindrance {
  /** Runs before each read and each transaction; what it throws is what the database answers. */
  before?: ((method: string) => Promise<void> | void) | null;
}

/** A backend in whose way a test can stand. */
export function hindered(backend: Backend, hindrance: Hindrance): Backend {
  return new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method: (...values: unknown[]) => unknown = value.bind(target);
      if (!/^(read|transact|load|save|count)/.test(String(name))) return method;
      return async (...values: unknown[]) => {
        await hindrance.before?.(String(name));
        return method(...values);
      };
    },
  });
}
