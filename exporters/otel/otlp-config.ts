import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import {
  type IExportTraceServiceResponse,
  type ISerializer,
  JsonTraceSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';

/** How spans are written on the wire. */
export type OtlpProtocol = 'http/json' | 'http/protobuf';

/** Where and how to send; what is absent comes from the `OTEL_EXPORTER_OTLP_*` variables, then from their defaults. */
export interface OtlpOptions {
  /** The traces endpoint; `/v1/traces` is added to a URL without a path. Default `http://localhost:4318/v1/traces`. */
  url?: string;
  /** Added to those of the environment; the same name wins over it. */
  headers?: Record<string, string>;
  /** Default `http/json`. */
  protocol?: OtlpProtocol;
  /** How long one attempt may take, in milliseconds. Default 10,000. */
  timeoutMs?: number;
}

/** The whole of it, with OpenTelemetry's own reading of the environment (TLS and compression included). */
export interface OtlpConfig extends Pick<ReturnType<typeof convertLegacyHttpOptions>, 'agentFactory' | 'headers'> {
  readonly url: string;
  readonly timeoutMs: number;
  readonly isGzip: boolean;
  readonly serializer: ISerializer<ReadableSpan[], IExportTraceServiceResponse>;
}

const CONTENT_TYPE: Record<OtlpProtocol, string> = {
  'http/json': 'application/json',
  'http/protobuf': 'application/x-protobuf',
};

/**
 * Reads options and environment.
 *
 * @throws QuadroError `invalid_configuration` for a URL or protocol that cannot be.
 */
export function otlpConfig(options: OtlpOptions = {}): OtlpConfig {
  const protocol = options.protocol ?? protocolOfEnvironment();
  if (!Object.hasOwn(CONTENT_TYPE, protocol)) {
    throw new QuadroError(
      'invalid_configuration',
      `The OTLP protocol "${protocol}" is not known: use http/json or http/protobuf (OTEL_EXPORTER_OTLP_PROTOCOL)`,
    );
  }
  const { url, headers, timeoutMs } = options;
  const config = convertLegacyHttpOptions(
    {
      ...(url !== undefined && { url: tracesUrl(url) }),
      ...(headers && { headers }),
      ...(timeoutMs !== undefined && { timeoutMillis: timeoutMs }),
    },
    'TRACES',
    'v1/traces',
    { 'Content-Type': CONTENT_TYPE[protocol] },
  );
  return {
    url: config.url,
    headers: config.headers,
    agentFactory: config.agentFactory,
    timeoutMs: config.timeoutMillis,
    isGzip: config.compression === 'gzip',
    serializer: protocol === 'http/json' ? JsonTraceSerializer : ProtobufTraceSerializer,
  };
}

function protocolOfEnvironment(): OtlpProtocol {
  const { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, OTEL_EXPORTER_OTLP_PROTOCOL } = process.env;
  return (OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json') as OtlpProtocol;
}

function tracesUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new QuadroError('invalid_configuration', `The OTLP URL "${url}" is no http or https URL`);
  }
  if (parsed.pathname === '/') parsed.pathname = '/v1/traces';
  return parsed.href;
}
