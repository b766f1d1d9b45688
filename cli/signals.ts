/**
 * A signal that aborts at the first Ctrl-C or SIGTERM, so that work stops where nothing is lost; the second one ends the
 * process at once.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      controller.abort();
      process.once(name, () => process.exit(130));
    });
  }
  return controller.signal;
}
