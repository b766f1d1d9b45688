import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** A program of the tests' own that runs in a process of its own, and how it ended. */
export interface StartedProcess {
  readonly child: ChildProcess;
  /** Rejects where it does not end with 0. */
  readonly ended: Promise<void>;
}

/** Starts `test/service/processes/NAME.ts`; what it prints on stderr is seen, and it can be told and tell messages. */
export function startProcess(name: string, args: readonly string[]): StartedProcess {
  const file = resolve(import.meta.dirname, `../service/processes/${name}.ts`);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`${name} ended with ${code}`);
  });
  // One that a test ends by force has nobody who waits for it.
  ended.catch(() => undefined);
  return { child, ended };
}
