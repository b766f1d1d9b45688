import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

const WORKER = join(import.meta.dirname, 'opening-worker.ts');

/** A process of opening-worker.ts. */
export class OpeningProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  readonly #exited: Promise<unknown>;
  readonly #ready: Promise<unknown>;

  constructor(url: string, howMany: number) {
    const args = ['--no-warnings', WORKER, url, String(howMany)];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'close');
    this.#ready = Promise.race([once(this.#child.stdout, 'data'), this.#exited]);
    this.#stdout = text(this.#child.stdout);
    this.#stderr = text(this.#child.stderr);
  }

  /** Resolves when it has loaded everything and waits for {@link go}. */
  async ready(): Promise<void> {
    await this.#ready;
  }

  /** Lets it open its backends. */
  go(): void {
    this.#child.stdin.write('go\n');
  }

  /** What each of its backends ended with, and what it wrote to stderr. */
  async ended(): Promise<{ readonly opened: readonly string[]; readonly stderr: string }> {
    const lines = (await this.#stdout).split('\n');
    return { opened: JSON.parse(lines[1] || '[]'), stderr: await this.#stderr };
  }

  /** Ends it as no handler can see: SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
