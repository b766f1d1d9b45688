import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** A terminal in which somebody has pasted lines. */
interface Terminal {
  readonly output: () => string;
  /** Waits until it shows that; fails where its lines end without. */
  shows(pattern: RegExp): Promise<void>;
  /** Its lines to their end. @returns the exit code. */
  readonly ended: Promise<number | null>;
  /** What the terminal does at Ctrl-C: the signal goes to everything that its lines started. */
  ctrlC(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A folder like a clone after `npm ci`, in which what is made is the test's own. */
function clone(): string {
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

function paste(lines: string, cwd: string, env: NodeJS.ProcessEnv): Terminal {
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

describe('README.md, as a service', () => {
  it('a new user starts it, watches it, lets a worker work, posts, looks at /metrics and ends it with Ctrl-C', async () => {
    const section = README.split('\n## As a service\n')[1]?.split('\n## ')[0] ?? '';
    const port = await freePort();
    const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) =>
      text.replaceAll('http://127.0.0.1:7337', `http://127.0.0.1:${port}`),
    );
    expect(blocks).toHaveLength(4);
    const [serve = '', watch = '', work = '', post = ''] = blocks;
    const dir = clone();
    const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const { QUADRO_TOKEN: _, ...inherited } = process.env;
    const env = { ...inherited, PATH: path };

    const service = paste(serve, dir, { ...env, QUADRO_PORT: String(port) });
    await service.shows(new RegExp(`^serving http://127.0.0.1:${port}$`, 'm'));
    const watched = paste(watch, dir, env);
    const worker = paste(work, dir, { ...env, QUADRO_URL: `http://127.0.0.1:${port}` });
    await worker.shows(/^At work on /m);
    await watched.shows(/^retry: /m);
    // A busy machine takes longer than somebody waits.
    const posting = paste(post.replace('sleep 5', 'sleep 15'), dir, env);
    expect(await posting.ended).toBe(0);
    expect(posting.output()).toMatch(/^\w+ +article +COMPLETE .*Bees in winter$/m);
    expect(posting.output()).toMatch(/^quadro_service_requests_total\{.*route="\/tasks",status="201"\} 1$/m);
    await watched.shows(/^event: task_posted$/m);
    await watched.shows(/"to_status":"COMPLETE"/);

    await worker.ctrlC();
    await service.ctrlC();
    expect(service.output()).toMatch(/"finished":true,"msg":"stopped"/);
    await watched.ended;
  });
});
