import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CallerLoad, CallerRun } from './callers.ts';

/** What a process of callers is started with, as JSON. */
export interface ProcessJob {
  readonly url: string;
  readonly load: CallerLoad;
  readonly warmUpMs: number;
}

/** The next message of a process; rejects where it ends without one. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const message = once(child, 'message', { signal: stop.signal }).then(([value]) => value);
  const exit = once(child, 'exit', { signal: stop.signal }).then(([code, signal]) => {
    throw new Error(`A process of callers ended early (${code ?? signal})`);
  });
  try {
    return await Promise.race([message, exit]);
  } finally {
    stop.abort();
    await Promise.allSettled([message, exit]);
  }
}

/**
 * Runs callers in processes of their own, started together by a signal once each has a board open and has warmed up; what
 * they did, and the seconds from the signal until the last was done.
 */
export async function runProcesses(jobs: readonly ProcessJob[]): Promise<{ runs: CallerRun[]; seconds: number }> {
  const children = jobs.map(job => fork(new URL('./callers-process.ts', import.meta.url), [JSON.stringify(job)]));
  try {
    await Promise.all(children.map(messageOf));
    const startedAt = performance.now();
    for (const child of children) child.send('go');
    const runs = await Promise.all(children.map(async child => (await messageOf(child)) as CallerRun));
    const seconds = (performance.now() - startedAt) / 1000;
    await Promise.all(
      children.map(async child => {
        child.send('close');
        await once(child, 'exit');
      }),
    );
    return { runs, seconds };
  } finally {
    for (const child of children) child.kill();
  }
}
