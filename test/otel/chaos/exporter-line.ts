import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ExporterJob, ExporterWord } from './exporter-words.ts';

/** What happens to exporter processes, of which there is one after the other. */
export interface LineOptions {
  readonly job: Omit<ExporterJob, 'name'>;
  /** Where compiled code is kept, which spares every further process half of its start. */
  readonly cacheFolder: string;
  /** Told what the process that runs says. */
  readonly onWord: (word: ExporterWord) => void;
  /** Between the end of a killed one and the start of the next. */
  readonly whileDead: (kills: number) => Promise<void>;
}

/** Exporter processes, each started when the one before was killed. */
export interface ExporterLine {
  /** What each of the killed ended with. */
  readonly exits: readonly unknown[][];
  /** Everything said, by the number of the process that said it. */
  readonly words: readonly (readonly ExporterWord[])[];
  /** Kills the one that runs; resolves when it is gone. The next follows by itself. */
  kill(): Promise<void>;
  /** Lets the one that runs go to the log's end; resolves with its exit. */
  drain(): Promise<unknown[]>;
}

/** Starts the first. A spare has always read its code already, so that a start takes little of the test's time. */
export function exporterLine({ job, cacheFolder, onWord, whileDead }: LineOptions): ExporterLine {
  const exits: unknown[][] = [];
  const words: ExporterWord[][] = [];
  const children: ChildProcess[] = [];
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const made = (): ChildProcess => {
    const told: ExporterJob = { ...job, name: String(children.length) };
    const env = { ...process.env, NODE_COMPILE_CACHE: cacheFolder };
    const child = fork(join(import.meta.dirname, 'chaos-exporter.ts'), [JSON.stringify(told)], { env });
    children.push(child);
    return child;
  };
  let spare = made();
  let running = spare;
  const start = (): void => {
    const [child, said] = [spare, [] as ExporterWord[]];
    words.push(said);
    child.on('message', message => {
      const word = message as ExporterWord;
      said.push(word);
      if (!child.killed) onWord(word);
    });
    child.send('go');
    running = child;
    spare = made();
  };
  start();
  let restarted = Promise.resolve();
  return {
    exits,
    words,
    async kill() {
      await restarted;
      const exit = once(running, 'exit');
      running.kill('SIGKILL');
      exits.push(await exit);
      restarted = whileDead(exits.length).then(start);
    },
    async drain() {
      await restarted;
      const exit = once(running, 'exit');
      running.send('drain');
      return exit;
    },
  };
}
