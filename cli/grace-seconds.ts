import { InvalidArgumentError } from 'commander';

/** What `--grace` is, in the help of the commands that ask a log. */
export const GRACE_HELP = 'how long work may be stranded before it is a dispatch failure; default 1';

/** How long work may be stranded: a number of seconds from 0. @throws InvalidArgumentError */
export function graceSeconds(text: string): number {
  if (!/^\d{1,9}(\.\d+)?$/.test(text))
    throw new InvalidArgumentError('It must be a number of seconds, such as 1 or 0.5.');
  return Number(text);
}
