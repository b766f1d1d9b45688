import Table from 'cli-table3';
import { ReaderGone } from './exit.ts';

/** How numbers of seconds are printed for people: three digits, `–` for what is not known. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 172_800) return `${(value / 86_400).toFixed(1)} d`;
  if (value >= 3600) return `${(value / 3600).toFixed(1)} h`;
  if (value >= 60) return `${(value / 60).toFixed(1)} min`;
  return value >= 1 ? `${value.toFixed(2)} s` : `${(value * 1000).toFixed(value >= 0.01 ? 0 : 2)} ms`;
}

/** A share as a percentage, `–` for a division by zero. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(1)} %`;
}

/** Any cell, `–` for null. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** Control characters, and what turns the direction of writing or breaks a line: all that can disguise what follows. */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text with such characters spelled out: a label of a task must not steer somebody's terminal. */
export function printable(text: string): string {
  return text.replace(STEERING, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A word as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A table for people. Columns of numbers stand right. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map(row => row.map(cell));
  const isNumeric = (column: number): boolean => cells.every(row => /^(–|-?\d.*)?$/.test(row[column] ?? ''));
  const printed = new Table({
    head: head.map(printable),
    colAligns: head.map((_, column) => (cells.length > 0 && isNumeric(column) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
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
  for (const row of cells) printed.push(row);
  return printed.toString().replaceAll(/ +$/gm, '');
}

/** What a write says once the other end of a pipe is closed. */
const CLOSED_PIPE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * Writes to stdout and waits until it is taken: a pipe that is slow must not lose the end.
 *
 * @throws ReaderGone where nobody reads it.
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, (error?: NodeJS.ErrnoException | null) => {
      if (error == null) resolve();
      else reject(CLOSED_PIPE.has(error.code) ? new ReaderGone() : error);
    });
  });
}

/** One JSON value, alone on stdout; what could steer a terminal is escaped, which changes nothing for who reads it as JSON. */
export function printJson(value: unknown): Promise<void> {
  const json = JSON.stringify(value, null, 2);
  return print(json.split('\n').map(printable).join('\n'));
}
