/**
 * `npm run bench:metrics`: whether a scrape costs more the more has ever happened, and what it costs beside the rendering. Boards
 * of ten thousand and of a million finished tasks, of 50 task types and with equally many open ones, each in a process of its own.
 *
 * - `scrape_1m_to_10k`, `scrape_to_raw_render`: a scrape as Prometheus makes it (200 new events counted, the present state
 *   read, OpenMetrics with exemplars), against the same of the small board, and against prom-client printing metrics of its own
 *   that have the same label sets and buckets, as plain text without exemplars.
 * - `plain_scrape_to_raw_render`: the same as plain text, with nothing new in the log.
 * - `feed_event_1m_to_10k`: counting the log from its start, an event.
 *
 * The boards grow by 1,800 tasks a round. `QUADRO_BENCH_QUICK=1` only shows that everything runs, on smaller ones.
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
const SIZES = isQuick ? { '10k': 1_000, '1m': 20_000 } : { '10k': 10_000, '1m': 1_000_000 };

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
  figures.add(`feed_event_${size}`, 'µs', (scraped.catchUpMs * 1000) / scraped.events);
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
    scrape_1m_to_10k: { value: figures.ratio('scrape_1m', 'scrape_10k'), aim: '≤ 1.2' },
    feed_event_1m_to_10k: { value: figures.ratio('feed_event_1m', 'feed_event_10k'), aim: '≤ 1.2' },
    scrape_to_raw_render: { value: figures.ratio('scrape_1m', 'raw_render_1m'), aim: '≤ 2' },
    plain_scrape_to_raw_render: { value: figures.ratio('plain_scrape_1m', 'raw_render_1m'), aim: '–' },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
