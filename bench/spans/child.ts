import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process of the bench: what it says, and how it is asked. */
export interface Child {
  /** The next message of the process; rejects where it ends without one. */
  heard(): Promise<unknown>;
  /** Sends a word and waits for the answer. */
  asked(word: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Starts a module of this folder as a process, with one argument as JSON. */
export function startChild(module: string, job: object = {}): Child {
  const child: ChildProcess = fork(new URL(module, import.meta.url), [JSON.stringify(job)]);
  const heard = async (): Promise<unknown> => {
    const stop = new AbortController();
    const message = once(child, 'message', { signal: stop.signal }).then(([value]: unknown[]) => value);
    const exit = once(child, 'exit', { signal: stop.signal }).then(([code, signal]) => {
      throw new Error(`${module} ended early (${code ?? signal})`);
    });
    try {
      return await Promise.race([message, exit]);
    } finally {
      stop.abort();
      await Promise.allSettled([message, exit]);
    }
  };
  return {
    heard,
    asked(word) {
      const answer = heard();
      child.send(word);
      return answer;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** The argument that {@link startChild} gave this process. */
export function jobOf<Job>(): Job {
  return JSON.parse(process.argv[2] ?? '{}') as Job;
}
