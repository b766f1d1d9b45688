function refuse(): never {
  throw new TypeError('A lifecycle cannot be changed: build another one');
}

function freeze<T extends object>(collection: T, methods: readonly string[]): T {
  for (const method of methods) Object.defineProperty(collection, method, { value: refuse });
  return Object.freeze(collection);
}

/** A set that stays as it is; changing it throws a TypeError. */
export function frozenSet<T>(values: Iterable<T>): ReadonlySet<T> {
  return freeze(new Set(values), ['add', 'delete', 'clear']);
}

/** A map that stays as it is; changing it throws a TypeError. */
export function frozenMap<K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  return freeze(new Map(entries), ['set', 'delete', 'clear']);
}
