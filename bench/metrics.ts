/**
 * `npm run bench:metrics`: whether a scrape costs more the more has ever happened. Boards of ten thousand and of a million
 * finished tasks, of 50 task types and with equally many open ones, are counted from the log's start and scraped with 200
 * new events between two scrapes, each in a process of its own; beside it the time prom-client alone takes to render metrics
 * of its own with the same label sets and buckets.
 *
 * `QUADRO_BENCH_QUICK=1` only shows that everything runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionOf } from './backends/version-of.ts';
import { Figures, median, printBench } from './harness.ts';
import { fillBoard } from './metrics/fill-board.ts';
import type { Scraped } from './metrics/scrape-process.ts';
import { startChild } from './spans/child.ts';

const isQuick = process.env.QUADRO_BENCH_QUICK === '1';
const ROUNDS = isQuick ? 1 : 5;
const SCRAPES = isQuick ? 5 : 30;
const SIZES = isQuick ? { small: 1_000, large: 20_000 } : { small: 10_000, large: 1_000_000 };

const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

async function scrape(file: string, name: string): Promise<Scraped> {
  const child = startChild('../metrics/scrape-process.ts', { file, name, scrapes: SCRAPES });
  try {
    return (await child.heard()) as Scraped;
  } finally {
    await child.end();
  }
}

function addRound(figures: Figures, size: string, scraped: Scraped): void {
  figures.add(`scrape_${size}`, 'ms', median(scraped.scrapeMs));
  figures.add(`plain_scrape_${size}`, 'ms', median(scraped.plainScrapeMs));
  figures.add(`raw_render_${size}`, 'ms', median(scraped.rawRenderMs));
  figures.add(`feed_${size}`, 'µs/event', (scraped.catchUpMs * 1000) / scraped.events);
  figures.add(`peak_${size}`, 'MiB', scraped.peakMib);
  figures.add(`lines_${size}`, 'lines', scraped.lines);
}

const folder = mkdtempSync(join(tmpdir(), 'quadro-bench-metrics-'));
try {
  const figures = new Figures();
  const boards = Object.entries(SIZES).map(([size, tasks]) => ({ size, tasks, file: join(folder, `${size}.db`) }));
  for (const { size, tasks, file } of boards) {
    const filled = await fillBoard(file, tasks);
    progress(
      `${size}: ${filled.tasks.toLocaleString('en')} finished tasks, ${filled.events.toLocaleString('en')} events`,
    );
  }
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`round ${round} of ${ROUNDS}`);
    for (const { size, file } of boards) addRound(figures, size, await scrape(file, `round-${round}`));
  }
  printBench('metrics', { 'prom-client': versionOf('prom-client') }, figures, {
    scrape_large_to_small: { value: figures.ratio('scrape_large', 'scrape_small'), aim: '≤ 1.3' },
    feed_large_to_small: { value: figures.ratio('feed_large', 'feed_small'), aim: '≤ 1.3' },
    scrape_to_raw_render: { value: figures.ratio('scrape_large', 'raw_render_large'), aim: '–' },
    plain_scrape_to_raw_render: { value: figures.ratio('plain_scrape_large', 'raw_render_large'), aim: '–' },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
