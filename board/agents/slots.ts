/**
 * Lets at most `capacity` pieces of work run at a time; the others wait in the order they came.
 */
export function slots(capacity: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let free = capacity;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return async work => {
    if (free > 0) free--;
    else await new Promise<void>(resolve => waiting.push(resolve));
    try {
      return await work();
    } finally {
      release();
    }
  };
}
