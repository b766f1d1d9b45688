import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
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
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #connections: number;

  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#connections = connections;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends one request, and reads its whole answer. */
  send({ method, path, body }: Call): Promise<unknown> {
    const { hostname, port } = this.#url;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path, headers, agent: this.#agent }, response => {
        const { statusCode = 0 } = response;
        json(response).then(answer => {
          if (statusCode < 300) resolve(answer);
          else reject(new Error(`${method} ${path}: ${statusCode} ${JSON.stringify(answer)}`));
        }, reject);
      });
      sent.once('error', reject);
      sent.end(text);
    });
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
    const seconds = (performance.now() - startedAt) / 1000;
    const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map(q => quantile(latencies, q));
    return {
      perSecond: latencies.length / seconds,
      p50Ms: p50Ms ?? Number.NaN,
      p95Ms: p95Ms ?? Number.NaN,
      p99Ms: p99Ms ?? Number.NaN,
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}
