import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportLog } from '../../exporters/files/index.ts';
import { openSmallLog } from '../analysis/small-log.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';

interface Reconciliation {
  readonly agrees: boolean;
  readonly figures: readonly {
    readonly figure: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly sql: number;
    readonly metrics: number;
    readonly spans: number | null;
    readonly agrees: boolean;
  }[];
}

describe('quadro reconcile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadro-reconcile-'));
  const log = join(folder, 'log');
  const metrics = join(folder, 'metrics.txt');
  const spans = join(folder, 'spans.ndjson');

  beforeAll(async () => {
    const board = await openSmallLog();
    await exportLog(board, { to: log });
    await board.close();
    writeFileSync(metrics, (await quadro(['metrics', log, '--once'])).stdout);
    await quadro(['spans', log, '--to', spans]);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const differing = async (...args: readonly string[]): Promise<Reconciliation['figures']> => {
    const { status, stdout } = await quadro(['reconcile', log, '--json', ...args]);
    expect(status).toBe(1);
    const { agrees, figures } = JSON.parse(stdout) as Reconciliation;
    expect(agrees).toBe(false);
    return figures.filter(each => !each.agrees);
  };

  it('all three tell the small log alike, by what was worked out by hand', async () => {
    const { agrees, figures } = await quadroJson<Reconciliation>([
      ...['reconcile', log, '--json', '--metrics', metrics, '--spans', spans],
    ]);
    expect(agrees).toBe(true);
    const told = { sql: 80, metrics: 80, spans: 80, agrees: true };
    const articles = figures.filter(({ figure }) => figure === 'elapsed_seconds');
    expect(articles).toEqual([
      {
        figure: 'elapsed_seconds',
        labels: { task_type: 'article', outcome: 'COMPLETE' },
        ...told,
        sql: 150,
        metrics: 150,
        spans: 150,
      },
      {
        figure: 'elapsed_seconds',
        labels: { task_type: 'brief', outcome: 'HUMAN_REVIEW' },
        ...told,
        sql: 70,
        metrics: 70,
        spans: 70,
      },
    ]);
    expect(figures.find(({ figure }) => figure === 'stale_stages')).toMatchObject({ sql: 1, metrics: 1, spans: 1 });
    const cycles = figures.filter(({ figure }) => figure === 'chief_cycles');
    expect(cycles.reduce((sum, { spans: counted }) => sum + (counted ?? 0), 0)).toBe(6);
    // A post has no span.
    expect(figures.find(({ labels }) => labels.edge === 'post')).toMatchObject({
      sql: expect.any(Number),
      spans: null,
    });
  });

  it('without files the exporters are asked', async () => {
    expect((await quadro(['reconcile', log])).stdout).toMatch(/^SQL, metrics and spans agree on all \d+ figures\.\n$/);
  });

  it('a counter that lies is named', async () => {
    const lying = join(folder, 'lying.txt');
    const text = readFileSync(metrics, 'utf8');
    const line = /^quadro_task_duration_seconds_count\{task_type="brief".*\} 1$/m;
    expect(text).toMatch(line);
    writeFileSync(
      lying,
      text.replace(line, found => found.replace(/1$/, '2')),
    );
    const faults = await differing('--metrics', lying);
    expect(faults).toMatchObject([{ figure: 'finished_tasks', sql: 1, metrics: 2, spans: 1 }]);
  });

  it('a span that is lost is named in every figure it tells', async () => {
    const lossy = join(folder, 'lossy.ndjson');
    const [request = ''] = readFileSync(spans, 'utf8').split('\n');
    const parsed = JSON.parse(request) as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] };
    const held = parsed.resourceSpans[0]?.scopeSpans[0];
    const index = held?.spans.findIndex(({ name }) => name === 'stage REVISION_NEEDED') ?? -1;
    expect(index).toBeGreaterThanOrEqual(0);
    held?.spans.splice(index, 1);
    writeFileSync(lossy, JSON.stringify(parsed));
    const faults = await differing('--spans', lossy);
    expect(faults.map(({ figure }) => figure)).toEqual(['transitions', 'stages', 'stage_seconds']);
    expect(faults[1]).toMatchObject({ labels: { status: 'REVISION_NEEDED' }, sql: 1, metrics: 1, spans: 0 });
  });

  it('what is no metrics text, or no endpoint, is refused in words', async () => {
    writeFileSync(join(folder, 'page.html'), '<html>');
    const page = await quadro(['reconcile', log, '--metrics', join(folder, 'page.html')]);
    expect(page).toMatchObject({ status: 2, stdout: '' });
    expect(page.stderr).toContain('Not a sample: <html>');
    const nowhere = await quadro(['reconcile', log, '--metrics', 'http://127.0.0.1:1/metrics']);
    expect(nowhere).toMatchObject({ status: 2, stdout: '' });
    expect(nowhere.stderr).toMatch(/127\.0\.0\.1:1 gave no metrics: .*\(remote_error\)/);
  });
});
