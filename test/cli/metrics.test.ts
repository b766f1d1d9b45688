import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import { cuttingProxy } from '../faults/cutting-proxy.ts';
import { parseExposition, sampleOf } from '../support/exposition.ts';
import { quadro, startQuadro, withoutProgress } from '../support/run-quadro.ts';
import { openSample, runMemo, writeSample } from '../support/sample-board.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';
import { tempDir } from '../support/temp.ts';

const DONE = { task_type: 'memo', from_status: 'IN_PROGRESS', to_status: 'COMPLETE', edge: 'forward' };

/** What a server answers as soon as it listens. */
async function untilAnswered(url: string): Promise<Response> {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return answer;
    await sleep(20);
  }
}

describe('metrics', () => {
  it('--once prints the metrics of a board, and of its exported log', async () => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    await quadro(['export', file, '--to', `${file}-log`]);
    for (const source of [file, `${file}-log`]) {
      const { status, stdout, stderr } = await quadro(['metrics', source, '--once']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(parseExposition(stdout).length).toBeGreaterThan(10);
      expect(sampleOf(stdout, 'quadro_task_transitions_total', DONE)).toBe(2);
    }
    expect((await quadro(['metrics', file])).stdout).toContain('quadro_task_transitions_total');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('--port serves /metrics until %s, then ends with 0', async signal => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    const server = startQuadro(['metrics', file, '--port', '0']);
    const [, url = ''] = await server.saw(/^serving (\S+)\n/m);
    const scrape = async (): Promise<string> => {
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      return answer.text();
    };
    expect(sampleOf(await scrape(), 'quadro_task_transitions_total', DONE)).toBe(2);
    // Another process writes; the next scrape has it.
    const board = await openSample(file);
    await runMemo(board, 't3', 'one more');
    await board.close();
    expect(sampleOf(await scrape(), 'quadro_task_transitions_total', DONE)).toBe(3);
    expect((await fetch(new URL('/', url))).status).toBe(200);
    const { status, stdout } = await server.stop(signal);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(existsSync(`${file}.cursor-prometheus.json`)).toBe(true);
  });

  it('goes on counting where it stopped, for each board of the database apart', async () => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    await writeSample(file, { boardId: 'other', labels: ['a', 'b', 'c'] });
    const counted = async (board: string): Promise<number | undefined> => {
      const server = startQuadro(['metrics', file, '--port', '0', '--board', board]);
      const [, url = ''] = await server.saw(/^serving (\S+)\n/m);
      const text = await (await fetch(url)).text();
      expect((await server.stop('SIGTERM')).status).toBe(0);
      return sampleOf(text, 'quadro_task_transitions_total', DONE);
    };
    for (const _ of ['first', 'again']) {
      expect(await counted('default')).toBe(2);
      expect(await counted('other')).toBe(3);
    }
  });

  it('tells in one line where totals cannot be saved, and goes on', async () => {
    const file = join(tempDir(), 'board.db');
    const board = await openSample(file);
    onTestFinished(() => board.close());
    const server = startQuadro(['metrics', file, '--port', '0']);
    onTestFinished(() => void server.child.kill('SIGKILL'));
    const [, url = ''] = await server.saw(/^serving (\S+)\n/m);
    mkdirSync(`${file}.cursor-prometheus.json`);
    await runMemo(board, 't1', 'lunch');
    const scraped = await fetch(url);
    expect(scraped.status).toBe(200);
    expect(sampleOf(await scraped.text(), 'quadro_task_transitions_total', DONE)).toBe(1);
    const { status, stderr } = await server.stop('SIGTERM');
    expect(status).toBe(0);
    const [, ...told] = withoutProgress(stderr).trimEnd().split('\n');
    const inOneLine =
      /^totals are not saved, and it goes on: The cursor file .*cursor-prometheus\.json could not be written/;
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter(line => !inOneLine.test(line))).toEqual([]);
  });

  it('leaves out labels, caps label sets and sets buckets and grace as it is told', async () => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    const ladders = ['--buckets', 'task=0.5,20', '--buckets', 'chief=7'];
    const labels = ['--disable-label', 'edge', '--disable-label', 'stage_kind', '--enable-label', 'agent_id'];
    const options = [...labels, ...ladders, '--max-label-sets', '2'];
    const { status, stdout } = await quadro(['metrics', file, ...options, '--dispatch-grace', '0.5']);
    expect(status).toBe(0);
    const samples = parseExposition(stdout);
    const transitions = samples.filter(({ name }) => name === 'quadro_task_transitions_total');
    expect(transitions.map(({ labels, value }) => [Object.values(labels).join(), value])).toEqual([
      ['memo,,UNASSIGNED', 2],
      ['memo,UNASSIGNED,IN_PROGRESS', 2],
      ['_other,_other,_other', 2],
    ]);
    const bounds = samples.filter(({ name }) => name === 'quadro_task_duration_seconds_bucket');
    expect(bounds.map(({ labels }) => labels.le)).toEqual(['0.5', '20', '+Inf']);
    expect(samples.flatMap(({ labels }) => Object.keys(labels))).not.toContain('stage_kind');
    expect(sampleOf(stdout, 'quadro_agents', { status: 'IDLE', agent_id: 'ada' })).toBe(1);
  });

  it.each([
    [['--buckets', 'task'], /It is written LADDER=1,5,15, with one of the ladders task, chief, sleep, commit, batch/],
    [['--buckets', 'jobs=1,2'], /one of the ladders/],
    [['--buckets', 'task=5,1'], /The bounds of task must be numbers above 0 that rise/],
    [['--buckets', 'task=1,,2'], /The bounds of task must be numbers/],
    [['--buckets', 'task='], /The bounds of task must be numbers/],
    [['--max-label-sets', '0'], /whole number from 1/],
    [['--dispatch-grace', '-1'], /a number of seconds/],
    [['--disable-label', 'colour'], /No metric has the label colour; there are task_type/],
    [['--enable-label', 'colour'], /by the label colour; there are agent_id/],
  ])('%j is refused in one line', async (options, expected) => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    const { status, stdout, stderr } = await quadro(['metrics', file, ...options]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('--port outlives a database server that is away, even before it begins', async ({ skip }) => {
    const server = postgresServer();
    if (server.url === null) return skip(server.skip);
    const url = new URL(await newDatabase(server));
    const board = await openBoard({ backend: await backendOf(url.href), taskTypes: { memo: 'fast' } });
    onTestFinished(() => board.close());
    const card = { name: 'Ada', url: 'a2a://ada', version: '1', capabilities: ['memo'], description: '' };
    await board.registerAgent({ agent_id: 'ada', ...card });
    await runMemo(board, 't1', 'lunch');
    const proxy = await cuttingProxy(url.hostname, Number(url.port));
    onTestFinished(() => proxy.close());
    await proxy.stop();
    url.port = String(proxy.port);
    const sidecar = startQuadro(['metrics', url.href, '--port', '0']);
    onTestFinished(() => void sidecar.child.kill('SIGKILL'));
    await sidecar.saw(/^waiting, and trying again: .*no server answers there/m);
    await proxy.restart();
    const [, metrics = ''] = await sidecar.saw(/^serving (\S+)\n/m);
    const scrape = async (): Promise<[number, string]> => {
      const answer = await fetch(metrics);
      return [answer.status, await answer.text()];
    };
    expect(sampleOf((await scrape())[1], 'quadro_task_transitions_total', DONE)).toBe(1);
    await proxy.stop();
    await runMemo(board, 't2', 'while you are away');
    const [status, reason] = await scrape();
    expect(status).toBe(500);
    expect(reason).toMatch(/no server answers there|connection/);
    expect((await fetch(new URL('/health', metrics))).status).toBe(200);
    await proxy.restart();
    expect(sampleOf((await scrape())[1], 'quadro_task_transitions_total', DONE)).toBe(2);
    expect((await sidecar.stop('SIGTERM')).status).toBe(0);
    // Its place is in the database: another one goes on from there.
    const again = startQuadro(['metrics', url.href, '--port', '0']);
    const [, next = ''] = await again.saw(/^serving (\S+)\n/m);
    expect(sampleOf(await (await fetch(next)).text(), 'quadro_task_transitions_total', DONE)).toBe(2);
    expect((await again.stop('SIGTERM')).status).toBe(0);
  });

  it("answers no scrape before it has read to the log's end, so that no total is seen rising", async ({ skip }) => {
    const server = postgresServer();
    if (server.url === null) return skip(server.skip);
    const url = await newDatabase(server);
    const board = await openBoard({ backend: await backendOf(url), taskTypes: { memo: 'fast' } });
    onTestFinished(() => board.close());
    for (const label of ['lunch', 'tea']) await board.postTask({ task_type: 'memo', label });
    const free = startQuadro(['metrics', url, '--port', '0']);
    const [, base = ''] = await free.saw(/^serving (\S+)\n/m);
    await free.stop('SIGTERM');
    await board.postTask({ task_type: 'memo', label: 'dinner' });
    const post = { edge: 'post' };
    await withClient(url, async client => {
      await client.query('begin');
      await client.query('lock table events in access exclusive mode');
      const sidecar = startQuadro(['metrics', url, '--port', new URL(base).port]);
      onTestFinished(() => void sidecar.child.kill('SIGKILL'));
      const early = await untilAnswered(base);
      expect([early.status, await early.text()]).toEqual([500, expect.stringContaining('still being read')]);
      expect((await fetch(new URL('/health', base))).status).toBe(200);
      await client.query('commit');
      await sidecar.saw(/^serving /m);
      expect(sampleOf(await (await fetch(base)).text(), 'quadro_task_transitions_total', post)).toBe(3);
      expect((await sidecar.stop('SIGTERM')).status).toBe(0);
    });
  });

  it('a port that is taken is said in one line', async () => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    const server = startQuadro(['metrics', file, '--port', '0']);
    const [, port = ''] = await server.saw(/^serving http:\/\/[\d.]+:(\d+)/m);
    const { status, stderr } = await quadro(['metrics', file, '--port', port]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^quadro: The metrics server cannot listen on [^\n]+Choose another port or host[^\n]*\n$/);
    await server.stop('SIGTERM');
  });
});
