/**
 * `npm run bench:analysis`: what a whole report costs. Logs of a million and of ten million events, simulated, are opened and
 * reported on in a fresh process each, with DuckDB held to a gigabyte of memory; beside it the time of one bare scan of the same
 * Parquet, which no report can be faster than. Then how fast logs are written to files and read from them, and the plans of the
 * three slowest queries.
 *
 * `QUADRO_BENCH_QUICK=1` only shows that everything runs; `QUADRO_BENCH_ROUNDS` says how often it is measured (5).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureFiles } from './analysis/file-rates.ts';
import { makeLog } from './analysis/make-log.ts';
import { measuredQueries } from './analysis/query-plans.ts';
import type { Reported } from './analysis/report-process.ts';
import { versionOf } from './backends/version-of.ts';
import { Figures, printBench } from './harness.ts';
import { startChild } from './spans/child.ts';

const isQuick = process.env.QUADRO_BENCH_QUICK === '1';
const ROUNDS = isQuick ? 1 : Number(process.env.QUADRO_BENCH_ROUNDS ?? '5');
const SIZES = isQuick ? { '1m': 20_000, '10m': 60_000 } : { '1m': 1_000_000, '10m': 10_000_000 };
const SLOWEST = 3;

const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

async function report(folder: string): Promise<Reported> {
  const child = startChild('../analysis/report-process.ts', { folder });
  try {
    return (await child.heard()) as Reported;
  } finally {
    await child.end();
  }
}

function addRound(figures: Figures, size: string, { openMs, reportMs, scanMs, peakMib }: Reported): void {
  figures.add(`report_${size}_seconds`, 's', (openMs + reportMs) / 1000);
  figures.add(`scan_${size}_seconds`, 's', scanMs / 1000);
  figures.add(size === '10m' ? 'peak_rss_mb' : `peak_rss_${size}_mb`, 'MiB', peakMib);
}

const scratch = mkdtempSync(join(tmpdir(), 'quadro-bench-analysis-'));
try {
  const figures = new Figures();
  const logs = Object.entries(SIZES).map(([size, events]) => ({ size, events, folder: join(scratch, size) }));
  for (const { size, events, folder } of logs) {
    const made = await makeLog(folder, events);
    progress(`${size}: ${made.events.toLocaleString('en')} events, ${Math.round(made.bytes / 2 ** 20)} MiB of Parquet`);
  }
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`round ${round} of ${ROUNDS}`);
    for (const { size, folder } of logs) addRound(figures, size, await report(folder));
  }
  const [small, large] = logs;
  if (small === undefined || large === undefined) throw new Error('two logs are measured');
  progress('files');
  await measureFiles(small.folder, scratch, figures);
  progress('plans');
  for (const { name, seconds, plan } of (await measuredQueries(large.folder)).slice(0, SLOWEST)) {
    console.log(`${name}: ${seconds.toFixed(2)} s\n${plan}`);
    figures.add(`slowest_${name}`, 's', seconds);
  }
  printBench('analysis', { '@duckdb/node-api': versionOf('@duckdb/node-api') }, figures, {
    report_to_scan_10m: { value: figures.ratio('report_10m_seconds', 'scan_10m_seconds'), aim: '–' },
    growth_10m_to_1m: { value: figures.ratio('report_10m_seconds', 'report_1m_seconds'), aim: '–' },
    report_1m_to_aim: { value: figures.median('report_1m_seconds') / 3, aim: '≤ 1 (3 s)' },
    report_10m_to_aim: { value: figures.median('report_10m_seconds') / 45, aim: '≤ 1 (45 s)' },
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
