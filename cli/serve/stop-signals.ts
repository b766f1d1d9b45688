import { EXIT } from '../exit.ts';

/** What a shell gives to a process that SIGTERM ended. */
const TERMINATED = 143;

/**
 * A signal that aborts at the first Ctrl-C or SIGTERM; the second of either kind ends the process at once, with what a shell
 * gives to that kind: 130 or 143.
 */
export function stopSignals(): AbortSignal {
  const controller = new AbortController();
  const codes = [
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', TERMINATED],
  ] as const;
  for (const [name, code] of codes) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      if (name === 'SIGINT') process.stderr.write('\nstopping; Ctrl-C again ends at once\n');
      controller.abort();
    });
  }
  return controller.signal;
}
