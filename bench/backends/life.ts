/** How long the parts of many lives took: post, then take and complete. */
export interface LifeRun {
  /** Posts a second, in bulk. */
  readonly posted: number;
  /** Taken and completed a second. */
  readonly done: number;
  /** Whole lives a second. */
  readonly lives: number;
}

/** Times the two parts of `lives` lives; `idleMs` is what `work` takes to begin and end where there is nothing to do. */
export async function timeLives(
  lives: number,
  post: () => Promise<void>,
  work: () => Promise<void>,
  idleMs = 0,
): Promise<LifeRun> {
  const startedAt = performance.now();
  await post();
  const postedAt = performance.now();
  await work();
  const doneAt = performance.now() - idleMs;
  const perSecond = (from: number, to: number) => lives / ((to - from) / 1000);
  return {
    posted: perSecond(startedAt, postedAt),
    done: perSecond(postedAt, doneAt),
    lives: perSecond(startedAt, doneAt),
  };
}

/** Numbers from 0 in groups of at most `size`. */
export function groupsOf(count: number, size: number): number[][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, group) =>
    Array.from({ length: Math.min(size, count - group * size) }, (_, index) => group * size + index),
  );
}
