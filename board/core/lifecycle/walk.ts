/** A step from one status to another. */
export type Pair = readonly [from: string, to: string];

/** What a depth-first walk along pairs finds. */
export interface Walk {
  /** Statuses in the order the walk comes to them. */
  readonly order: readonly string[];
  /** For each pair, in the pairs' order: whether it leads back to a status on the way to it (or to itself). */
  readonly back: readonly boolean[];
}

/**
 * Walks along pairs depth-first: from UNASSIGNED where it is nobody's destination, then from the other statuses that are
 * nobody's destination, then (all lie on a cycle) from UNASSIGNED and whatever is left. Siblings go in the pairs' order.
 */
export function walkPairs(pairs: readonly Pair[]): Walk {
  const ways = new Map<string, number[]>(pairs.flatMap(pair => pair.map(status => [status, []])));
  for (const [index, [from]] of pairs.entries()) ways.get(from)?.push(index);
  const order = new Set<string>();
  const back = pairs.map(() => false);
  for (const root of rootsOf(pairs)) {
    if (order.has(root)) continue;
    order.add(root);
    // Own stack, not recursion: a long list must not overflow.
    const path = [{ status: root, ways: (ways.get(root) ?? []).values() }];
    const onPath = new Set([root]);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const step = last.ways.next();
      if (step.done) {
        path.pop();
        onPath.delete(last.status);
        continue;
      }
      const to = pairs[step.value]?.[1] ?? '';
      if (onPath.has(to)) back[step.value] = true;
      if (order.has(to)) continue;
      order.add(to);
      onPath.add(to);
      path.push({ status: to, ways: (ways.get(to) ?? []).values() });
    }
  }
  return { order: [...order], back };
}

function rootsOf(pairs: readonly Pair[]): string[] {
  const destinations = new Set(pairs.filter(([from, to]) => from !== to).map(([, to]) => to));
  const sources = new Set(pairs.map(([from]) => from));
  const unassignedFirst = [...sources].sort((a, b) => Number(b === 'UNASSIGNED') - Number(a === 'UNASSIGNED'));
  return [...unassignedFirst.filter(status => !destinations.has(status)), ...unassignedFirst];
}
