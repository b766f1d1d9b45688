import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExposition, sampleOf } from '../support/exposition.ts';
import { quadro, startQuadro } from '../support/run-quadro.ts';
import { openSample, runMemo, writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

const DONE = { task_type: 'memo', from_status: 'IN_PROGRESS', to_status: 'COMPLETE', edge: 'forward' };

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
