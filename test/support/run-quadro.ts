import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const BIN = resolve(import.meta.dirname, '../../bin/quadro.js');

/** How a command line is run. */
export interface QuadroOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The runtime. Default: the one that runs the tests. */
  readonly node?: string;
}

/** What a command line came to. */
export interface Ran {
  /** The exit code, or null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly output: { stdout: string; stderr: string };
  /** Resolves when it ends. */
  readonly ended: Promise<Ran>;
  /** Resolves with the match once stderr has it; rejects where the command ends without. */
  saw(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal and waits for the end. */
  stop(signal: 'SIGINT' | 'SIGTERM'): Promise<Ran>;
}

/** Starts `quadro` as a process of its own. */
export function startQuadro(args: readonly string[], options: QuadroOptions = {}): Running {
  const { cwd, env = {}, node = process.execPath } = options;
  const { OTEL_EXPORTER_OTLP_ENDPOINT: _, FORCE_COLOR: __, ...inherited } = process.env;
  const child = spawn(node, [BIN, ...args], { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', status => resolve({ status, ...output }));
  });
  return {
    child,
    output,
    ended,
    saw: pattern =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output.stderr);
          if (match !== null) resolve(match);
        };
        look();
        child.stderr.on('data', look);
        ended.then(({ stderr }) => reject(new Error(`It ended without ${pattern}: ${stderr}`)), reject);
      }),
    async stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs `quadro` to its end. The progress that it told, for what took longer on a busy machine, is left out of its stderr. */
export async function quadro(args: readonly string[], options: QuadroOptions = {}): Promise<Ran> {
  const ran = await startQuadro(args, options).ended;
  return { ...ran, stderr: withoutProgress(ran.stderr) };
}

/**
 * Runs `quadro` where it must end with 0, and reads the one JSON value on its stdout.
 *
 * @throws Error with what it said, and SyntaxError where stdout holds anything besides.
 */
export async function quadroJson<Value>(args: readonly string[], options: QuadroOptions = {}): Promise<Value> {
  const { status, stdout, stderr } = await quadro([...args, '--json'], options);
  if (status !== 0) throw new Error(`quadro ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Value;
}

/** Stderr without the progress that a command tells where it takes longer than a second, as on a machine that is busy. */
export function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^\d+ (?:of \d+ )?[a-z ]+\n/gm, '');
}
