import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';

/** Names of the threads of this process that are nicer than its first one. Linux only. */
export function nicerThreads(): string[] {
  const own = getPriority();
  return readdirSync('/proc/self/task').flatMap(id => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    const nameEnd = stat.lastIndexOf(')');
    const niceness = Number(stat.slice(nameEnd + 2).split(' ')[16]);
    return niceness > own ? [stat.slice(stat.indexOf('(') + 1, nameEnd)] : [];
  });
}
