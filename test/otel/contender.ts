import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { OtlpReceiver } from './otlp-receiver.ts';

/** How an exporter process runs. */
export interface ContenderOptions {
  readonly name: string;
  readonly follow: boolean;
  readonly leaseSeconds: number;
}

/** A line that it prints. */
export type ContenderLine =
  | { readonly at: 'progress'; readonly waiting: string | null }
  | { readonly at: 'end'; readonly spans: number; readonly events: number }
  | { readonly at: 'error'; readonly code: string; readonly message: string };

/** An exporter process that contends with others for one destination. */
export interface Contender {
  readonly child: ChildProcess;
  readonly lines: readonly ContenderLine[];
  /** Resolves with the first line it prints, from now on, that satisfies. */
  says(isIt: (line: ContenderLine) => boolean): Promise<ContenderLine>;
  /** Resolves with its last line when the process has ended; null where it printed none. */
  readonly ended: Promise<ContenderLine | null>;
}

/** Whether an exporter says that it stands by for another one. */
export function standsBy(line: ContenderLine): boolean {
  return line.at === 'progress' && /^another exporter \(.+:\d+:[0-9a-f]{8}\) sends/.test(line.waiting ?? '');
}

/** Starts an exporter process on a board (its file or URL). It is killed when the test is over. */
export function contender(source: string, receiver: OtlpReceiver, options: ContenderOptions): Contender {
  const script = join(import.meta.dirname, 'contending-child.ts');
  const child = spawn(process.execPath, [script, source, receiver.url, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: ContenderLine[] = [];
  const watchers = new Set<(line: ContenderLine) => void>();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', text => {
    const line = JSON.parse(text) as ContenderLine;
    lines.push(line);
    for (const watch of watchers) watch(line);
  });
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(() => lines.at(-1) ?? null);
  return {
    child,
    lines,
    says: isIt =>
      new Promise((resolve, reject) => {
        const watch = (line: ContenderLine): void => {
          if (!isIt(line)) return;
          watchers.delete(watch);
          resolve(line);
        };
        watchers.add(watch);
        void ended.then(() => reject(new Error(`${options.name} ended: ${JSON.stringify(lines.at(-1))}`)));
      }),
    ended,
  };
}
