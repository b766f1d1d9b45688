import { Pool } from 'undici';
import { quantile } from '../harness.ts';

/** One request, as the load sends it. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

/** What was done once, in however many requests: it resolves where every answer was as it should be. */
export type Act = (send: (call: Call) => Promise<unknown>) => Promise<unknown>;

/** What a load came to. */
export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Connections to one address that stay open, each with one request at a time. */
export class Load {
  readonly #pool: Pool;
  readonly #connections: number;

  constructor(url: string, connections: number) {
    this.#connections = connections;
    this.#pool = new Pool(url, { connections, pipelining: 1 });
  }

  /** Sends one request, and reads its whole answer. */
  async send({ method, path, body }: Call): Promise<unknown> {
    const { statusCode, body: answer } = await this.#pool.request({
      method,
      path,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const read = await answer.json();
    if (statusCode < 300) return read;
    throw new Error(`${method} ${path}: ${statusCode} ${JSON.stringify(read)}`);
  }

  /** Does something again and again on every connection for so many milliseconds. */
  async offer(act: Act, ms: number): Promise<Measured> {
    const latencies: number[] = [];
    const startedAt = performance.now();
    const send = (call: Call): Promise<unknown> => this.send(call);
    const callers = Array.from({ length: this.#connections }, async () => {
      while (performance.now() - startedAt < ms) {
        const before = performance.now();
        await act(send);
        latencies.push(performance.now() - before);
      }
    });
    await Promise.all(callers);
    const perSecond = latencies.length / ((performance.now() - startedAt) / 1000);
    const at = (q: number): number => quantile(latencies, q);
    return { perSecond, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
