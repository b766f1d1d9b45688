/**
 * The span exporter, loaded by the commands that have to do with spans and by no other, so that the rest starts sooner. What it
 * needs of OpenTelemetry it loads itself, at the first use.
 */
export function loadOtel(): Promise<typeof import('../exporters/otel/index.ts')> {
  return import('../exporters/otel/index.ts');
}
