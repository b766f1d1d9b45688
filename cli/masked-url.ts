/** Everything from a user's colon to the last `@`: a password that nobody escaped may hold any of the marks in between. */
const PASSWORD = /^([a-z][a-z0-9+.-]*:\/*[^:@/]*):.*@/i;
const SECRET_PARAMETER = /([?&][^=&]*(?:pass|pwd|secret|token)[^=&]*=)[^&]*/gi;

/**
 * A URL as somebody typed it, fit to be printed: its password, wherever it stands, is hidden. What is no URL stays as it is.
 *
 * @example maskedUrl('postgres://quadro:s3cret@db/boards') // 'postgres://quadro:***@db/boards'
 */
export function maskedUrl(text: string): string {
  return text.replace(PASSWORD, '$1:***@').replaceAll(SECRET_PARAMETER, '$1***');
}
