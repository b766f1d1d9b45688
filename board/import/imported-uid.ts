import { createHash } from 'node:crypto';

/** A board's identity, made of what makes its history, so that a second import of the same gives the same one. */
export function importedUid(...history: readonly string[]): string {
  const hash = createHash('sha256').update(history.join('\0')).digest('hex');
  // RFC 9562, version 8: 128 bits of our own choice.
  const variant = '89ab'[Number.parseInt(hash.charAt(16), 16) % 4];
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}
