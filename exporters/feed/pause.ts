/** Resolves after `ms`, or as soon as one of the signals aborts; never rejects, and leaves no listener behind. */
export function pause(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', done);
      resolve();
    };
    // setTimeout fires at once for more than 31 bits of milliseconds.
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
    for (const signal of signals) signal?.addEventListener('abort', done, { once: true });
    if (signals.some(signal => signal?.aborted)) done();
  });
}
