import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { PrometheusClient } from './prometheus-client.ts';

/** A place to scrape. */
export interface PrometheusTarget {
  /** Where its metrics are, such as `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  /** Labels that every series scraped there gets; `job` among them, `quadro` where none is given. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** How to start a Prometheus. */
export interface PrometheusOptions {
  readonly targets: readonly PrometheusTarget[];
  /** Files of recording rules and alerts. */
  readonly rulesFiles?: readonly string[];
  /** As Prometheus writes it. Default `500ms`; rules are evaluated as often. */
  readonly scrapeInterval?: string;
  /** Where it keeps what it scraped; it stays there. Default: a folder that goes with `stop`. */
  readonly dataDir?: string;
}

/** A Prometheus that the tests started, and what can be asked of it. */
export interface RunningPrometheus extends PrometheusClient {
  /** Ends it and waits for that. A second call does nothing. */
  stop(): Promise<void>;
}

const HOW_TO_GET_IT = 'install the Debian package prometheus, or put the program of its download on the PATH';

/**
 * Why tests that need a Prometheus cannot run here, and how they would; null where they can. Always null in CI, where a
 * missing program is a failure.
 */
export function prometheusMissing(): string | null {
  const { error } = spawnSync('prometheus', ['--version'], { stdio: 'ignore' });
  if (error === undefined || process.env.CI !== undefined) return null;
  return `prometheus is not there: ${HOW_TO_GET_IT}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

function configOf({ targets, rulesFiles = [], scrapeInterval = '500ms' }: PrometheusOptions): string {
  const scrapes = targets.map(({ url, labels = {} }, index) => {
    const { host, pathname, protocol } = new URL(url);
    const target = { targets: [host], labels: { job: 'quadro', ...labels } };
    const where = { scheme: protocol.slice(0, -1), metrics_path: pathname, static_configs: [target] };
    return { job_name: `target-${index}`, scrape_timeout: scrapeInterval, ...where };
  });
  const global = { scrape_interval: scrapeInterval, evaluation_interval: scrapeInterval };
  return stringify({ global, rule_files: rulesFiles, scrape_configs: scrapes });
}

async function untilReady(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`prometheus ended: ${said()}`);
    const answer = await fetch(`${url}/-/ready`).catch(() => null);
    if (answer?.ok) return;
    await sleep(50);
  }
}

/**
 * Starts Debian's `prometheus` on a free port of this machine, with exemplars, and answers when it is ready.
 *
 * @throws Error with what it said where it ends instead.
 */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-prometheus-'));
  const { dataDir = join(dir, 'data') } = options;
  mkdirSync(dataDir, { recursive: true });
  const configFile = join(dir, 'prometheus.yml');
  writeFileSync(configFile, configOf(options));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${dataDir}`,
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  await once(child, 'spawn').catch(cause => {
    rmSync(dir, { recursive: true, force: true });
    throw new Error(`prometheus cannot be started: ${HOW_TO_GET_IT}`, { cause });
  });
  const ended = once(child, 'close');
  const url = `http://${address}`;
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await untilReady(url, child, () => stderr);
  } catch (error) {
    await stop();
    throw error;
  }
  const client = new PrometheusClient(url);
  return Object.assign(client, {
    stop() {
      stopping ??= stop();
      return stopping;
    },
  });
}
