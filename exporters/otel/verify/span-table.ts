import { hash } from 'node:crypto';

/** What is known of a span id, one bit each. */
export const SEEN = {
  received: 1,
  /** Received several times, and not always the same. */
  conflicting: 2,
  /** The selected part of the log has it. */
  expected: 4,
  /** Another part of the log has it. */
  unselected: 8,
} as const;

/** A digest for each span id that was received, in some 25 to 50 bytes each. */
export interface SpanTable {
  /** Span ids held. */
  readonly size: number;
  /** Notes a received span; false where the id was there already. */
  add(spanId: string, digest: bigint): boolean;
  /** The digest that was received first, or undefined where none was. */
  digestOf(spanId: string): bigint | undefined;
  /** Whether the id was received, and carries the mark. */
  has(spanId: string, mark: number): boolean;
  mark(spanId: string, mark: number): void;
}

const FIRST_SLOTS = 1 << 12;

/**
 * A hash table over typed arrays: a `Map` of a million spans would take hundreds of megabytes. Ids are hashed, so that
 * no choice of ids makes it slow, and malformed ones have their place too.
 */
export function spanTable(): SpanTable {
  let keys = new BigUint64Array(FIRST_SLOTS);
  let digests = new BigUint64Array(FIRST_SLOTS);
  let marks = new Uint8Array(FIRST_SLOTS);
  let size = 0;
  // A span is asked for several times in a row, and hashing its id is what that costs.
  let last = { spanId: '', key: keyOf('') };

  const keyFor = (spanId: string): bigint => {
    if (last.spanId !== spanId) last = { spanId, key: keyOf(spanId) };
    return last.key;
  };

  /** The slot of a key, or the free one where it would be put. */
  const slotOf = (key: bigint): number => {
    const mask = keys.length - 1;
    let slot = Number(key & BigInt(mask));
    while (marks[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  };

  const grow = (): void => {
    const old = { keys, digests, marks };
    keys = new BigUint64Array(old.keys.length * 2);
    digests = new BigUint64Array(keys.length);
    marks = new Uint8Array(keys.length);
    for (const [index, mark] of old.marks.entries()) {
      if (mark !== 0) put(old.keys[index] ?? 0n, old.digests[index] ?? 0n, mark);
    }
  };

  const put = (key: bigint, digest: bigint, mark: number): void => {
    const slot = slotOf(key);
    keys[slot] = key;
    digests[slot] = digest;
    marks[slot] = mark;
  };

  const marksOf = (spanId: string): number => marks[slotOf(keyFor(spanId))] ?? 0;

  return {
    get size() {
      return size;
    },
    add(spanId, digest) {
      if (marksOf(spanId) !== 0) return false;
      size += 1;
      if (size > keys.length * 0.7) grow();
      put(keyFor(spanId), digest, SEEN.received);
      return true;
    },
    digestOf: spanId => (marksOf(spanId) === 0 ? undefined : digests[slotOf(keyFor(spanId))]),
    has: (spanId, mark) => (marksOf(spanId) & mark) !== 0,
    mark(spanId, mark) {
      const slot = slotOf(keyFor(spanId));
      const known = marks[slot] ?? 0;
      if (known !== 0) marks[slot] = known | mark;
    },
  };
}

function keyOf(spanId: string): bigint {
  return BigInt(`0x${hash('sha256', spanId).slice(0, 16)}`);
}
