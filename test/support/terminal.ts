import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { tempDir } from './temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A terminal in which somebody has pasted lines. */
export interface Terminal {
  readonly output: () => string;
  /** Waits until it shows that; fails where its lines end without. */
  shows(pattern: RegExp): Promise<void>;
  /** Its lines to their end. @returns the exit code. */
  readonly ended: Promise<number | null>;
  /** What the terminal does at Ctrl-C: the signal goes to everything that its lines started. */
  ctrlC(): Promise<void>;
}

/** A folder like a clone after `npm ci`, in which what is made is the test's own. */
export function cloneFolder(): string {
  const dir = tempDir();
  mkdirSync(join(dir, 'node_modules/.bin'), { recursive: true });
  symlinkSync(ROOT, join(dir, 'node_modules/quadro'));
  symlinkSync('../quadro/bin/quadro.js', join(dir, 'node_modules/.bin/quadro'));
  symlinkSync(join(ROOT, 'examples'), join(dir, 'examples'));
  return dir;
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Pastes lines into a terminal of their own, on the Node that runs the tests and with no token but one that is given. */
export function paste(lines: string, cwd: string, given: Readonly<Record<string, string>> = {}): Terminal {
  const { QUADRO_TOKEN: _, ...inherited } = process.env;
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { ...inherited, PATH: path, ...given };
  // A group of its own, as a terminal's job is.
  const child = spawn('bash', ['-c', lines], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(() => killGroup(child, 'SIGKILL'));
  return {
    output: () => output,
    shows: async pattern => {
      while (!pattern.test(output)) {
        if (child.exitCode !== null) throw new Error(`It ended without ${pattern}: ${output}`);
        await sleep(50);
      }
    },
    ended,
    ctrlC: async () => {
      killGroup(child, 'SIGINT');
      await ended;
    },
  };
}
