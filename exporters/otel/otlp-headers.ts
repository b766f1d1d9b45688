import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ConfigurationError } from '../../board/core/errors.ts';
import { type OtlpVariable, variableOf } from './otlp-variable.ts';

/** Follow from the request itself. */
const OURS: ReadonlySet<string> = new Set(['content-type', 'content-length', 'content-encoding', 'transfer-encoding']);

/**
 * Headers for the receiver, names in lower case: those given go before those of the environment for traces, and these
 * before those for every signal.
 *
 * @throws ConfigurationError `invalid_configuration` for what cannot be a header; no message holds a value.
 */
export function otlpHeaders(given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const pairs = [
    ...pairsOf(variableOf('OTEL_EXPORTER_OTLP_HEADERS')),
    ...pairsOf(variableOf('OTEL_EXPORTER_OTLP_TRACES_HEADERS')),
    ...Object.entries(given),
  ];
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) {
    // As OpenTelemetry's own exporter does; a pair of the environment may be there to be filled in.
    if (value === '') continue;
    assertHeader(name, value);
    if (!OURS.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
  }
  return headers;
}

/** `NAME=VALUE` pairs between commas, percent-encoded; what follows a semicolon is no part of the value (W3C baggage). */
function pairsOf(variable: OtlpVariable | undefined): [name: string, value: string][] {
  const entries = variable?.text.split(',').filter(entry => entry.trim() !== '') ?? [];
  return entries.map((entry, index): [string, string] => {
    const [, name, value] = /^\s*([^=;\s][^=;]*?)\s*=\s*([^;]*?)\s*(?:;.*)?$/s.exec(entry) ?? [];
    try {
      if (name !== undefined && value !== undefined) return [decodeURIComponent(name), decodeURIComponent(value)];
    } catch {
      // Told below: the error's own words would hold the text.
    }
    throw new ConfigurationError(
      'invalid_configuration',
      `${variable?.name}: pair ${index + 1} is no NAME=VALUE with both percent-encoded`,
    );
  });
}

function assertHeader(name: string, value: string): void {
  try {
    validateHeaderName(name);
  } catch {
    // A name that cannot be one may be a whole "Authorization: Bearer …": it is not told.
    throw new ConfigurationError('invalid_configuration', 'A header for the receiver has a name that cannot be one');
  }
  try {
    validateHeaderValue(name, value);
  } catch {
    throw new ConfigurationError(
      'invalid_configuration',
      `The header ${name} for the receiver has a value that cannot be sent: a line break, perhaps, or no text`,
    );
  }
}
