import { EXIT, Interrupted } from './exit.ts';

/**
 * A signal that aborts at the first Ctrl-C or SIGTERM, so that work stops where nothing is lost; the second one ends the
 * process at once.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      if (!controller.signal.aborted && name === 'SIGINT')
        process.stderr.write('\nstopping; Ctrl-C again ends at once\n');
      controller.abort(new Interrupted());
      process.once(name, () => process.exit(EXIT.interrupted));
    });
  }
  return controller.signal;
}
