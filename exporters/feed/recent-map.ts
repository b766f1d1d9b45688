/**
 * Remembers what was set last: at least `atLeast` entries, at most twice as many. In two generations, of which the older is dropped
 * whole, since a Map that loses its oldest key with every new one steps over all that it has lost before it finds it.
 *
 * @example
 * const posts = new RecentMap<string, number>(25_000);
 * posts.set('t1', 1);
 * posts.get('t1') // 1
 */
export class RecentMap<Key, Value> {
  readonly #atLeast: number;
  #newer = new Map<Key, Value>();
  #older: ReadonlyMap<Key, Value> = new Map();

  constructor(atLeast: number) {
    this.#atLeast = atLeast;
  }

  /** The value set last under a key, or undefined where it was never set or is forgotten. */
  get(key: Key): Value | undefined {
    return this.#newer.get(key) ?? this.#older.get(key);
  }

  /** Remembers a value. */
  set(key: Key, value: Value): void {
    if (this.#newer.size >= this.#atLeast) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
  }
}
