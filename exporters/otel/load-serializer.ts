import type { IExportTraceServiceResponse, ISerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { importPeer } from '../../board/missing-package.ts';
import { OTEL_PACKAGES } from './otel-packages.ts';
import type { OtlpProtocol } from './otlp-config.ts';

/** OpenTelemetry's own: spans to a request's bytes, an answer's bytes to what they say. */
export type SpanSerializer = ISerializer<readonly ReadableSpan[], IExportTraceServiceResponse>;

/**
 * The serializer, loaded at the first use: importing this package must not need OpenTelemetry's.
 *
 * @throws ConfigurationError `missing_package` with the line that installs them.
 */
export async function loadSerializer(protocol: OtlpProtocol): Promise<SpanSerializer> {
  const transformer = await importPeer(OTEL_PACKAGES, () => import('@opentelemetry/otlp-transformer'));
  return protocol === 'http/json' ? transformer.JsonTraceSerializer : transformer.ProtobufTraceSerializer;
}
