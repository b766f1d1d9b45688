import type { Estimate } from './measures.ts';

/** The units of one side, as far as drawing needs them: how many there are, and the measures over them. */
export interface Sample {
  readonly size: number;
  readonly estimates: readonly Estimate[];
}

/** How often, by which numbers. */
export interface Draws {
  readonly replicates: number;
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Draws both sides anew, so many units as each has, with replacement, and again; for each measure its difference (second − first)
 * in every draw that has one.
 */
export async function redrawnDifferences(
  sides: readonly [Sample, Sample],
  { replicates, random, signal }: Draws,
): Promise<readonly (readonly number[])[]> {
  const differences = sides[0].estimates.map((): number[] => []);
  if (sides.some(({ size }) => size === 0)) return differences;
  const [left, right] = sides;
  const counts = [new Uint32Array(left.size), new Uint32Array(right.size)] as const;
  for (let draw = 0; draw < replicates; draw++) {
    for (const each of counts) redraw(each, random);
    for (const [at, found] of differences.entries()) {
      const [a, b] = [left.estimates[at]?.(counts[0]) ?? null, right.estimates[at]?.(counts[1]) ?? null];
      if (a !== null && b !== null) found.push(b - a);
    }
    // Long work must hear of an abort, and leave the event loop to others.
    if (draw % 50 === 49) await new Promise(resume => setImmediate(resume));
    signal?.throwIfAborted();
  }
  return differences;
}

function redraw(counts: Uint32Array, random: () => number): void {
  counts.fill(0);
  for (let n = 0; n < counts.length; n++) {
    const index = Math.floor(random() * counts.length);
    counts[index] = (counts[index] ?? 0) + 1;
  }
}

/** The bootstrap's 95 % interval: the 2.5 and the 97.5 percentile of what was drawn; nulls where nothing was. */
export function intervalOf(drawn: readonly number[]): readonly [low: number | null, high: number | null] {
  const sorted = Float64Array.from(drawn).sort();
  const at = (q: number): number | null => sorted[Math.round((sorted.length - 1) * q)] ?? null;
  return [at(0.025), at(0.975)];
}
