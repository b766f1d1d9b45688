import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ChiefNote, ChiefWorkerOptions } from './chief-worker.ts';

const WORKER = join(import.meta.dirname, 'chief-worker.ts');

/** A process of chief-worker.ts; one that is still there when the test ends is killed. */
export class ChiefProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #stderr = '';

  /** Starts it; resolves when it leads or stands by. */
  static async start(options: ChiefWorkerOptions): Promise<ChiefProcess> {
    const started = new ChiefProcess(options);
    const { stdout } = started.#child;
    await Promise.race([stdout ? once(stdout, 'data') : null, started.#exited]);
    return started;
  }

  private constructor(options: ChiefWorkerOptions) {
    this.name = options.name;
    const args = ['--no-warnings', WORKER, JSON.stringify(options)];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', chunk => {
      this.#stderr += String(chunk);
    });
    this.#exited = once(this.#child, 'close');
    onTestFinished(() => this.kill());
  }

  /** Whether it holds a lease, by the name that the holder has there. */
  isHolder(holder: string): boolean {
    return holder.split(':').at(-2) === String(this.#child.pid);
  }

  /** Ends it as no handler can see. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Stops it where it is; nothing in it notices that time passes. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Waits until it is gone by its own doing. */
  async gone(): Promise<void> {
    await this.#exited;
  }

  /** Lets it close in order; how it ended and what it wrote to stderr. */
  async close(): Promise<{ readonly code: number | null; readonly stderr: string }> {
    this.#child.stdin?.end();
    await this.#exited;
    return { code: this.#child.exitCode, stderr: this.#stderr };
  }
}

/** What the processes noted so far. */
export function readNotes(file: string): readonly ChiefNote[] {
  if (!existsSync(file)) return [];
  // What follows the last line end was cut off by a kill.
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.map(line => JSON.parse(line) as ChiefNote);
}
