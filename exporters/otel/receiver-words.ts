/** More of a receiver's words than anybody reads. */
const MAX_LENGTH = 200;

/** What must not be told: some receivers repeat a request's headers in what they answer. */
export type Secrets = RegExp | null;

/** The values of headers, whole and in parts (`Bearer …`), in every form that an answer may repeat them in. */
export function secretsOf(headers: Readonly<Record<string, string>>): Secrets {
  const values = Object.entries(headers).flatMap(([name, value]) => (name === 'content-type' ? [] : partsOf(value)));
  const forms = values.flatMap(value => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  const patterns = [...new Set(forms)]
    .filter(form => form !== '')
    .sort((a, b) => b.length - a.length)
    .map(patternOf);
  return patterns.length === 0 ? null : new RegExp(patterns.join('|'), 'gi');
}

function partsOf(value: string): string[] {
  const [, encoded] = /^Basic\s+(\S+)$/i.exec(value) ?? [];
  const plain = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  return [value, ...value.split(/\s+/).slice(1), plain, plain.slice(plain.indexOf(':') + 1)];
}

/** A short one only as a word of its own: a tenant called "a" is no reason to strike out every a. */
function patternOf(text: string): string {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return text.length < 4 ? `(?<!\\w)${escaped}(?!\\w)` : escaped;
}

/** What a receiver said, on one line, without secrets, control characters and the rest of a long page. */
export function receiverWords(said: string, secrets: Secrets): string {
  const quiet = secrets === null ? said : said.replace(secrets, '***');
  return quiet
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}
