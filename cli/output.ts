import Table from 'cli-table3';

/** How numbers of seconds are printed for people: three digits, `–` for what is not known. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 3600) return `${(value / 3600).toFixed(1)} h`;
  if (value >= 60) return `${(value / 60).toFixed(1)} min`;
  return value >= 1 ? `${value.toFixed(2)} s` : `${(value * 1000).toFixed(value >= 0.01 ? 0 : 2)} ms`;
}

/** A share as a percentage, `–` for a division by zero. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(1)} %`;
}

/** Any cell, `–` for null. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'object') return JSON.stringify(value);
  return printable(String(value));
}

/** A text with its control characters spelled out: a label of a task must not steer somebody's terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A table for people. Numbers stand right. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const isNumeric = head.map((_, column) => rows.length > 0 && rows.every(row => /^[–\d]/.test(cell(row[column]))));
  const printed = new Table({
    head: [...head],
    colAligns: isNumeric.map(each => (each ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
  });
  for (const row of rows) printed.push(row.map(cell));
  return printed.toString();
}

/** Writes to stdout and waits until it is taken: a pipe that is slow must not lose the end. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, error => (error ? reject(error) : resolve()));
  });
}

/** One JSON value, alone on stdout. */
export function printJson(value: unknown): Promise<void> {
  return print(JSON.stringify(value, null, 2));
}
