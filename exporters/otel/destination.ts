import { createHash } from 'node:crypto';
import { ConfigurationError } from '../../board/core/errors.ts';
import type { ExportOptions } from './export-options.ts';
import { otlpEndpoint } from './otlp-endpoint.ts';

/** How much of a receiver's hash tells it from others in a name. */
const HASH_DIGITS = 8;

/** The metrics' reader keeps its totals under this name, and would lose them. */
const TAKEN_NAME = 'prometheus';

/**
 * The name under which a destination's place and lease are kept. A receiver has one name however its URL is given, by option or
 * by environment, so that everything that sends to it shares its place; user and password are no part of it, and may change.
 *
 * @throws ConfigurationError `invalid_configuration` for a URL that cannot be, and for the name `prometheus`.
 * @example
 * destinationOf({ url: 'http://localhost:4318' }) // 'otlp-5122c660', and so for destinationOf({}) without variables
 * destinationOf({ url: 'http://localhost:4318', destination: 'team-a' }) // 'team-a'
 */
export function destinationOf({
  destination,
  exporter,
  url,
}: Pick<ExportOptions, 'destination' | 'exporter' | 'url'>): string {
  if (destination === TAKEN_NAME) {
    throw new ConfigurationError(
      'invalid_configuration',
      `The destination ${TAKEN_NAME} is where metrics keep their place: take another name`,
    );
  }
  if (destination !== undefined) return destination;
  if (exporter !== undefined) return 'exporter';
  const receiver = new URL(otlpEndpoint(url).url);
  receiver.hash = '';
  return `otlp-${createHash('sha256').update(receiver.href).digest('hex').slice(0, HASH_DIGITS)}`;
}
