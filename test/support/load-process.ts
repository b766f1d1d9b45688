import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadLine } from './load-worker.ts';

const WORKER = join(import.meta.dirname, 'load-worker.ts');

/** What to load, and how much. */
export interface LoadOptions {
  readonly file: string;
  readonly lines: string;
  readonly run: string;
  readonly callers: number;
  readonly tasks: number;
}

/** A process of load-worker.ts, started and waiting for `go`. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #lines: string;
  readonly #exited: Promise<unknown>;
  readonly #ready: Promise<unknown>;
  #stderr = '';

  constructor({ file, lines, run, callers, tasks }: LoadOptions) {
    const args = ['--no-warnings', WORKER, file, lines, run, String(callers), String(tasks)];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#lines = lines;
    this.#child.stderr?.on('data', chunk => {
      this.#stderr += String(chunk);
    });
    this.#exited = once(this.#child, 'close');
    this.#ready = Promise.race([this.#child.stdout ? once(this.#child.stdout, 'data') : null, this.#exited]);
  }

  async go(): Promise<void> {
    await this.#ready;
    this.#child.stdin?.write('go\n');
  }

  /** Ends it as no handler can see: SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Waits until it has done all it should; its exit code and what it wrote to stderr. */
  async finished(): Promise<{ readonly code: number | null; readonly stderr: string }> {
    await this.#exited;
    return { code: this.#child.exitCode, stderr: this.#stderr };
  }

  /** What it tried and what was acknowledged so far. */
  get written(): readonly LoadLine[] {
    if (!existsSync(this.#lines)) return [];
    // What follows the last line end was cut off by the kill.
    const whole = readFileSync(this.#lines, 'utf8').split('\n').slice(0, -1);
    return whole.map(line => JSON.parse(line) as LoadLine);
  }
}
