/**
 * `npm run bench:service`: what a board costs over HTTP. The service has a process of its own (SQLite on disk with
 * `synchronous = FULL`, every request logged to a file), and so has a bare fastify route that parses the same body and answers
 * the same JSON; this process is the client, with 1 and with 50 connections that stay open. Everything runs in turns.
 *
 * - post, get, update (one transition), life (post, assign, result: three requests), health, ready: acts a second and latencies.
 * - `post_to_bare_route`: posts a second at 50 connections against requests a second of the bare route.
 *
 * `QUADRO_BENCH_QUICK=1` only shows that everything runs; `QUADRO_BENCH_ROUNDS` says how often it is measured (5).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionOf } from './backends/version-of.ts';
import { Figures, printBench } from './harness.ts';
import { type Act, Load } from './service/load.ts';
import { startChild } from './spans/child.ts';

const isQuick = process.env.QUADRO_BENCH_QUICK === '1';
const ROUNDS = isQuick ? 1 : Number(process.env.QUADRO_BENCH_ROUNDS ?? '5');
const MEASURE_MS = isQuick ? 200 : 2_000;
const CONNECTIONS = [1, 50] as const;
/** Tasks that wait for an update: posted many at a time, before it is measured. */
const BULK_TASKS = 1_000;

const TASK = { task_type: 'article', label: 'How bees find their way home', notes: ['for the Monday issue'] };
const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

interface Posted {
  readonly task: { readonly task_id: string };
}

/** The acts on one service, which share the tasks they make. */
class Acts {
  readonly #load: Load;
  /** Every task that stands, to be read. */
  readonly #ids: string[] = [];
  /** Tasks that nobody has moved. */
  readonly #fresh: string[] = [];
  #reads = 0;

  constructor(load: Load) {
    this.#load = load;
  }

  /** Posts as many tasks as an update of that long can take at most. */
  async prepare(count: number): Promise<void> {
    while (this.#fresh.length < count) {
      const body = { tasks: Array.from({ length: BULK_TASKS }, () => TASK) };
      const { tasks } = (await this.#load.send({ method: 'POST', path: '/tasks', body })) as {
        tasks: { task_id: string }[];
      };
      this.#fresh.push(...tasks.map(({ task_id }) => task_id));
    }
    if (this.#ids.length === 0) this.#ids.push(...this.#fresh.slice(0, BULK_TASKS));
  }

  readonly post: Act = send => send({ method: 'POST', path: '/tasks', body: TASK });

  readonly get: Act = send => {
    this.#reads += 1;
    return send({ method: 'GET', path: `/tasks/${this.#ids[(this.#reads * 31) % this.#ids.length]}` });
  };

  readonly update: Act = send => {
    const task_id = this.#fresh.pop();
    if (task_id === undefined) throw new Error('too few tasks were prepared');
    return send({ method: 'POST', path: `/tasks/${task_id}/transition`, body: { to_status: 'ON_HOLD' } });
  };

  readonly life: Act = async send => {
    const { task } = (await send({ method: 'POST', path: '/tasks', body: { ...TASK, task_type: 'memo' } })) as Posted;
    const path = `/tasks/${task.task_id}`;
    await send({
      method: 'POST',
      path: `${path}/transition`,
      body: { to_status: 'IN_PROGRESS', assigned_to: 'writer' },
    });
    return send({ method: 'POST', path: `${path}/result`, body: { output: 'done', agent_id: 'writer' } });
  };

  readonly health: Act = send => send({ method: 'GET', path: '/health' });
  readonly ready: Act = send => send({ method: 'GET', path: '/ready' });
}

async function measure(figures: Figures, name: string, load: Load, act: Act): Promise<void> {
  const { perSecond, p50Ms, p95Ms, p99Ms } = await load.offer(act, MEASURE_MS);
  figures.add(`${name}_per_second`, '1/s', perSecond);
  figures.add(`${name}_p50_ms`, 'ms', p50Ms);
  figures.add(`${name}_p95_ms`, 'ms', p95Ms);
  figures.add(`${name}_p99_ms`, 'ms', p99Ms);
}

async function round(figures: Figures, urls: { service: string; bare: string }, connections: number): Promise<void> {
  const [load, bare] = [new Load(urls.service, connections), new Load(urls.bare, connections)];
  const acts = new Acts(load);
  const most = connections === 1 ? 10 * BULK_TASKS : 40 * BULK_TASKS;
  await acts.prepare(isQuick ? 4 * BULK_TASKS : most);
  await measure(figures, `bare_${connections}`, bare, acts.post);
  for (const name of ['post', 'get', 'update', 'life', 'health', 'ready'] as const) {
    await measure(figures, `${name}_${connections}`, load, acts[name]);
  }
  await load.close();
  await bare.close();
}

const folder = mkdtempSync(join(tmpdir(), 'quadro-bench-service-'));
const service = startChild('../service/service-process.ts', { folder });
try {
  const { url } = (await service.heard()) as { url: string };
  const first = new Load(url, 1);
  const answer = await first.send({ method: 'POST', path: '/tasks', body: TASK });
  await first.close();
  const bare = startChild('../service/bare-process.ts', { answer });
  try {
    const urls = { service: url, bare: ((await bare.heard()) as { url: string }).url };
    const figures = new Figures();
    for (let number = 1; number <= ROUNDS; number++) {
      progress(`round ${number} of ${ROUNDS}`);
      for (const connections of CONNECTIONS) await round(figures, urls, connections);
    }
    figures.add('submit_p95_ms', 'ms', figures.median('post_50_p95_ms'));
    figures.add('get_p95_ms', 'ms', figures.median('get_50_p95_ms'));
    figures.add('health_p95_ms', 'ms', figures.median('health_50_p95_ms'));
    printBench('service', { fastify: versionOf('fastify') }, figures, {
      post_to_bare_route: { value: figures.ratio('post_50_per_second', 'bare_50_per_second'), aim: '≥ 0.5' },
      post_to_bare_route_1: { value: figures.ratio('post_1_per_second', 'bare_1_per_second'), aim: '–' },
      submit_p95_to_aim: { value: figures.median('submit_p95_ms') / 100, aim: '≤ 1 (100 ms)' },
      get_p95_to_aim: { value: figures.median('get_p95_ms') / 50, aim: '≤ 1 (50 ms)' },
      health_p95_to_aim: { value: figures.median('health_p95_ms') / 5, aim: '≤ 1 (5 ms)' },
    });
  } finally {
    await bare.end();
  }
} finally {
  await service.end();
  rmSync(folder, { recursive: true, force: true });
}
