import { importPeer } from '../../board/missing-package.ts';

/** The optional packages that the demo's workers trace with. */
const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/otlp-transformer',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
] as const;

/**
 * The tracing of the demo's workers, loaded by the demo alone.
 *
 * @throws ConfigurationError (`missing_package`) with the line that installs what it needs.
 */
export async function loadWorkerTracing(): Promise<typeof import('./worker-tracing.ts')> {
  const [tracing] = await importPeer(PACKAGES, () =>
    Promise.all([import('./worker-tracing.ts'), import('@opentelemetry/otlp-transformer')]),
  );
  return tracing;
}
