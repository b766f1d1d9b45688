import { QuadroError } from '../board/core/errors.ts';
import { printable } from './output.ts';

/** What the operating system's codes mean for somebody who gave a path. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you may not read or write there',
  EPERM: 'you may not read or write there',
  EROFS: 'it cannot be written',
  ENOTDIR: 'a file stands where a folder is needed',
  EEXIST: 'a file stands where a folder is needed',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
};

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const meaning = error instanceof QuadroError ? undefined : MEANINGS[code ?? ''];
  if (meaning === undefined) return error.message;
  return path === undefined
    ? `Cannot write the output: ${meaning}`
    : `Cannot use ${path}: ${meaning}; choose another path`;
}

/** Text of several lines as one; the marks under a place in the line above would point nowhere. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/\s*\n[\s^]*/g, ' ').trim());
}

/** The one line on stderr for what somebody wrote wrongly, with where to read on. */
export function usageLine(text: string, command: string): string {
  return `quadro: ${oneLine(text).replace(/^error: /, '')} (see ${command} --help)\n`;
}

/** The one line on stderr for an error: what is wrong, what to do, and the error's code. */
export function errorLine(error: unknown): string {
  const code = error instanceof QuadroError ? ` (${error.code})` : '';
  return `quadro: ${oneLine(sentenceOf(error))}${code}\n`;
}
