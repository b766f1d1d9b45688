/** One CSV field (RFC 4180): quoted where it holds a comma, a quote or a line break; null is empty. */
function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as CSV text with `\r\n` line ends, as RFC 4180 has them. */
export function csvText(rows: readonly (readonly unknown[])[]): string {
  return rows.map(row => `${row.map(field).join(',')}\r\n`).join('');
}
