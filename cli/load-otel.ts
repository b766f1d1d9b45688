import { importPeer } from '../board/missing-package.ts';

/** The optional packages that `exporters/otel` stands on. */
const OTEL_PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/core',
  '@opentelemetry/otlp-exporter-base',
  '@opentelemetry/otlp-transformer',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
] as const;

/**
 * The span exporter, loaded by the commands that write spans and by no other, so that the rest works without its packages.
 *
 * @throws ConfigurationError (`missing_package`) with the line that installs them.
 */
export function loadOtel(): Promise<typeof import('../exporters/otel/index.ts')> {
  return importPeer(OTEL_PACKAGES, () => import('../exporters/otel/index.ts'));
}
