import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { measureBoard, serveMetrics } from '../../exporters/prometheus/index.ts';
import { promtoolFaults, sampleOf } from '../support/exposition.ts';
import { memoBoard } from '../support/memo-board.ts';

async function served() {
  const { board } = await memoBoard();
  const measured = await measureBoard(board);
  const server = await serveMetrics(measured, { port: 0 });
  onTestFinished(async () => {
    await server.close();
    await measured.close();
  });
  return { board, measured, server, base: `http://127.0.0.1:${server.port}` };
}

describe('the metrics server', () => {
  it('serves /metrics of this machine in the format that is asked for', async context => {
    const { board, server } = await served();
    await board.postTask({ task_type: 'memo', label: 'x' });
    const plain = await fetch(server.url);
    expect(plain.status).toBe(200);
    expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await plain.text();
    expect(promtoolFaults(text, context)).toBe('');
    expect(sampleOf(text, 'quadro_tasks', { task_type: 'memo' })).toBe(1);
    const open = await fetch(server.url, { headers: { accept: 'application/openmetrics-text;version=1.0.0' } });
    expect(open.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(await open.text()).toMatch(/# EOF\n$/);
  });

  it('has a link at /, nothing elsewhere, and takes no writing', async () => {
    const { base } = await served();
    expect(await (await fetch(base)).text()).toContain('href="/metrics"');
    expect((await fetch(`${base}/metrics?x=1`)).status).toBe(200);
    expect((await fetch(`${base}/metricsx`)).status).toBe(404);
    expect((await fetch(`${base}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
    const head = await fetch(`${base}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('answers many scrapes at once', async () => {
    const { server } = await served();
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(server.url)).text()));
    expect(new Set(texts).size).toBe(1);
  });

  it('a scrape that fails is 500 with the reason, not old numbers; the process is healthy all the same', async () => {
    const { server, measured } = await served();
    await measured.close();
    const response = await fetch(server.url);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('no longer measured');
    const health = await fetch(new URL('/health', server.url));
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
  });

  it('a port that is taken or none gives one line that says what to do', async () => {
    const { measured, server } = await served();
    const taken = serveMetrics(measured, { port: server.port });
    await expect(taken).rejects.toThrow(/Choose another port/);
    await expect(serveMetrics(measured, { port: 70_000 })).rejects.toMatchObject({ code: 'invalid_configuration' });
  });

  it('close answers what is being asked and then takes no more', async () => {
    let release = (): void => {};
    const gate = new Promise<void>(resolve => {
      release = resolve;
    });
    let isAsked = (): void => {};
    const asked = new Promise<void>(resolve => {
      isAsked = resolve;
    });
    const slow = {
      metrics: async () => {
        isAsked();
        await gate;
        return { contentType: 'text/plain', text: 'late\n' };
      },
    };
    const server = await serveMetrics(slow, { port: 0 });
    const answer = new Promise<string>((resolve, reject) => {
      const asking = request(server.url, { agent: false }, response => {
        response.setEncoding('utf8').on('data', resolve);
      });
      asking.on('error', reject).end();
    });
    await asked;
    const closed = server.close();
    release();
    expect(await answer).toBe('late\n');
    await closed;
    await expect(fetch(server.url)).rejects.toThrow();
  });
});
