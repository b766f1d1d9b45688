/** The signal that ends the repeating, and the one that cuts off the request in flight. */
export interface StopSignals {
  readonly stop: AbortSignal;
  readonly cutOff: AbortSignal;
  /** Leaves no timer and no listener behind. */
  release(): void;
}

/** Two signals of one: the second follows the first after `deadlineMs`, 5,000 by default. */
export function stopSignals(signal: AbortSignal | undefined, deadlineMs = 5_000): StopSignals {
  const stop = signal ?? new AbortController().signal;
  const cutOff = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => {
    timer = setTimeout(() => cutOff.abort(), deadlineMs);
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  const release = (): void => {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
  };
  return { stop, cutOff: cutOff.signal, release };
}
