import { ConfigurationError } from '../../board/core/errors.ts';
import { variableOf } from './otlp-variable.ts';

/** Where spans are sent. */
export interface OtlpEndpoint {
  /** Without user and password: equal for equal receivers, and fit for messages but for its query. */
  readonly url: string;
  /** `Authorization` by the user and password that stood in the URL, or null. */
  readonly authorization: string | null;
}

const TRACES_PATH = '/v1/traces';

/**
 * The receiver that the option names, else the environment, else OpenTelemetry's default.
 *
 * @throws ConfigurationError `invalid_configuration` where it is no http or https URL.
 * @example otlpEndpoint('http://localhost:4318').url // 'http://localhost:4318/v1/traces'
 */
export function otlpEndpoint(given?: string): OtlpEndpoint {
  if (given !== undefined) {
    const url = parse(given, 'The OTLP URL');
    return endpointOf(url, url.pathname === '/' ? TRACES_PATH : url.pathname);
  }
  const forTraces = variableOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  if (forTraces !== undefined) {
    const url = parse(forTraces.text, forTraces.name);
    return endpointOf(url, url.pathname);
  }
  const forAll = variableOf('OTEL_EXPORTER_OTLP_ENDPOINT');
  const url = forAll === undefined ? new URL('http://localhost:4318') : parse(forAll.text, forAll.name);
  return endpointOf(url, `${url.pathname.replace(/\/$/, '')}${TRACES_PATH}`);
}

function parse(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ConfigurationError('invalid_configuration', `${what} "${withoutSecrets(text)}" is no http or https URL`);
}

/** Without whatever may be a password or a key: no message may hold it. */
function withoutSecrets(text: string): string {
  return text.slice(text.lastIndexOf('@') + 1).replace(/[?#].*$/s, '');
}

function endpointOf(url: URL, pathname: string): OtlpEndpoint {
  const { username, password } = url;
  url.pathname = pathname;
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url: url.href, authorization: null };
  const plain = `${decoded(username)}:${decoded(password)}`;
  return { url: url.href, authorization: `Basic ${Buffer.from(plain).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
