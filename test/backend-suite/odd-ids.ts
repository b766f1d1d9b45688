/** Ids that a collation, a wildcard or a trimmed column would mix up; all different. */
export const ODD_IDS: readonly string[] = [
  'a',
  'A',
  'a ',
  ' a',
  'a_b',
  'axb',
  'a%',
  'ä',
  'a\u0308',
  'ß',
  'ss',
  '𝒜',
  '名前',
  "a'b",
  'a"b',
  'a\\b',
  'a\n',
  'z\uE000',
  'z\u{10FFFF}',
];

/** The order in which every list of ids is. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
