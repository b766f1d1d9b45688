import { ConfigurationError } from '../../board/core/errors.ts';
import { otlpEndpoint } from './otlp-endpoint.ts';
import { otlpHeaders } from './otlp-headers.ts';
import { otlpTls, type TlsMaterial, type TlsOptions } from './otlp-tls.ts';
import { otlpVariable } from './otlp-variable.ts';

/** How spans are written on the wire. */
export type OtlpProtocol = 'http/json' | 'http/protobuf';

/** How a request's body is compressed. */
export type OtlpCompression = 'gzip' | 'none';

/**
 * Where and how to send; what is absent comes from the `OTEL_EXPORTER_OTLP_TRACES_*` variables, then `OTEL_EXPORTER_OTLP_*`,
 * then their defaults. All of it is plain data, which `structuredClone` copies.
 */
export interface OtlpOptions {
  /** The traces endpoint; `/v1/traces` is added to a URL without a path. Default `http://localhost:4318/v1/traces`. */
  url?: string;
  /** Added to those of the environment; the same name wins over it. */
  headers?: Record<string, string>;
  /** Default `http/json`. */
  protocol?: OtlpProtocol;
  /** Default `none`. */
  compression?: OtlpCompression;
  /** Certificates for https. */
  tls?: TlsOptions;
  /** How long one attempt may take, in milliseconds. Default 10,000. */
  timeoutMs?: number;
}

/** The whole of it. */
export interface OtlpConfig {
  readonly url: string;
  readonly protocol: OtlpProtocol;
  /** With the content type; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly isGzip: boolean;
  readonly tls: TlsMaterial;
  readonly timeoutMs: number;
}

/** Protocol → content type. */
const CONTENT_TYPE: Record<OtlpProtocol, string> = {
  'http/json': 'application/json',
  'http/protobuf': 'application/x-protobuf',
};

/**
 * Reads options and environment. The variables mean what they mean to OpenTelemetry's own exporter, but one that cannot be
 * read is an error here: that exporter falls back to a default, and sends elsewhere, or in clear, without a word.
 *
 * @throws ConfigurationError `invalid_configuration` for what cannot be; no message holds a header's value.
 */
export function otlpConfig(options: OtlpOptions = {}): OtlpConfig {
  const { url, authorization } = otlpEndpoint(options.url);
  const protocol = oneOf(['http/json', 'http/protobuf'], options.protocol, 'PROTOCOL') ?? 'http/json';
  return {
    url,
    protocol,
    headers: {
      ...(authorization !== null && { authorization }),
      ...otlpHeaders(options.headers),
      'content-type': CONTENT_TYPE[protocol],
    },
    isGzip: oneOf(['gzip', 'none'], options.compression, 'COMPRESSION') === 'gzip',
    tls: otlpTls(url, options.tls),
    timeoutMs: timeoutOf(options.timeoutMs),
  };
}

/** What is given, else the environment's word, where it is one of the possible ones. */
function oneOf<Word extends string>(
  words: readonly Word[],
  given: string | undefined,
  setting: string,
): Word | undefined {
  const variable = given === undefined ? otlpVariable(setting) : { name: setting.toLowerCase(), text: given };
  const found = words.find(word => word === variable?.text);
  if (variable === undefined || found !== undefined) return found;
  throw new ConfigurationError(
    'invalid_configuration',
    `The OTLP ${setting.toLowerCase()} "${variable.text}" is not known: use ${words.join(' or ')} ` +
      `(OTEL_EXPORTER_OTLP_${setting})`,
  );
}

function timeoutOf(given: number | undefined): number {
  const variable = given === undefined ? otlpVariable('TIMEOUT') : undefined;
  const timeoutMs = given ?? (variable === undefined ? 10_000 : Number(variable.text));
  if (timeoutMs > 0) return timeoutMs;
  throw new ConfigurationError(
    'invalid_configuration',
    `${variable?.name ?? 'timeoutMs'} must be a number of milliseconds above 0, not ${variable?.text ?? given}`,
  );
}
