/**
 * `node scripts/draw-panels.ts`: draws every panel of every dashboard from the data of a real Prometheus, and takes the pictures in
 * docs/images. The data are those of the end-to-end test's run, slowed down to some minutes. Needs the programs prometheus and
 * chromium.
 *
 * `node scripts/draw-panels.ts URL FROM TO` draws from a Prometheus that runs already, between two times in seconds since 1970.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NEWSROOM } from '../cli/demo/newsroom.ts';
import { grafanaDashboards } from '../dashboards/grafana/index.ts';
import { observeRun } from '../test/support/observed-run.ts';
import { PrometheusClient } from '../test/support/prometheus-client.ts';
import { drawPage } from './draw-panels/draw-page.ts';
import type { Shown } from './draw-panels/panel.ts';
import { takeScreenshots } from './draw-panels/screenshots.ts';

const IMAGES = resolve(import.meta.dirname, '../docs/images');
/** How many times as long as in the test. */
const SLOWNESS = 5;

async function draw(prometheus: PrometheusClient, shown: Shown): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  const pages = new Map<string, string>();
  for (const { file, json } of await grafanaDashboards({ lifecycle: NEWSROOM })) {
    const name = file.replace(/^quadro-(.*)\.json$/, 'dashboard-$1.png');
    pages.set(join(IMAGES, name), await drawPage(prometheus, json, shown));
  }
  await takeScreenshots(pages);
  for (const file of pages.keys()) console.log(file);
}

async function drawRun(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-draw-'));
  const run = await observeRun(dir, { slowness: SLOWNESS });
  try {
    const { healthy, unwatched } = run.phases;
    const marks = Object.entries(run.phases).map(([name, { start }]) => ({ name, time: start }));
    await draw(run.prometheus, { from: healthy.start, to: unwatched.end, marks });
  } finally {
    await run.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const [url, from, to] = process.argv.slice(2);
if (url === undefined) await drawRun();
else await draw(new PrometheusClient(url), { from: Number(from), to: Number(to), marks: [] });
