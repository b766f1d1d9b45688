import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigurationError } from '../../board/core/errors.ts';
import { otlpVariable } from './otlp-variable.ts';

/** Certificates or a key as PEM: the text or its bytes. */
export type Pem = string | Uint8Array;

/** How the receiver is known, and how the sender makes itself known, over https. */
export interface TlsOptions {
  /** The authorities that are trusted, instead of the system's. Default: the file in `OTEL_EXPORTER_OTLP_CERTIFICATE`. */
  ca?: Pem;
  /** The sender's certificate. Default: the file in `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`. */
  cert?: Pem;
  /** The key of `cert`. Default: the file in `OTEL_EXPORTER_OTLP_CLIENT_KEY`. */
  key?: Pem;
}

/** As Node takes it. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/**
 * What TLS needs for a URL, from options and environment. A certificate and its key are taken from the same place.
 *
 * @throws ConfigurationError `invalid_configuration` where a file cannot be read, the contents cannot be used, or `tls` is
 * given for a URL that is not https.
 */
export function otlpTls(url: string, given: TlsOptions | undefined): TlsMaterial {
  if (!url.startsWith('https:')) {
    if (given === undefined) return {};
    throw new ConfigurationError('invalid_configuration', 'tls is given, but the OTLP URL is not https');
  }
  const { ca, cert, key } = given ?? {};
  const isOwn = cert !== undefined || key !== undefined;
  const material = present({
    ca: ca ?? fileOf('CERTIFICATE'),
    cert: isOwn ? cert : fileOf('CLIENT_CERTIFICATE'),
    key: isOwn ? key : fileOf('CLIENT_KEY'),
  });
  assertUsable(material);
  return material;
}

function fileOf(setting: string): Buffer | undefined {
  const variable = otlpVariable(setting);
  if (variable === undefined) return undefined;
  try {
    return readFileSync(variable.text);
  } catch (error) {
    throw new ConfigurationError(
      'invalid_configuration',
      `${variable.name} names a file that cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** Bytes that went through `structuredClone` are no Buffer any more. */
function present(pems: Readonly<Record<keyof TlsMaterial, Pem | undefined>>): TlsMaterial {
  const material: { -readonly [Name in keyof TlsMaterial]: TlsMaterial[Name] } = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const pem = pems[name];
    if (pem !== undefined) material[name] = typeof pem === 'string' ? pem : Buffer.from(pem);
  }
  return material;
}

/** Said at the start, not at the first connection, where it would look like a fault of the network. */
function assertUsable(material: TlsMaterial): void {
  try {
    createSecureContext(material);
  } catch (error) {
    throw new ConfigurationError(
      'invalid_configuration',
      `The certificates for the OTLP receiver cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
