import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Analysis, openAnalysis, type Report } from '../../analysis/index.ts';
import { makeLog } from '../../bench/analysis/make-log.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { importReference } from '../../board/import/reference.ts';
import { openBoard } from '../../board/index.ts';
import type { TableSource } from '../../board/table-source.ts';
import { type HtmlReportOptions, htmlReport } from '../../dashboards/report/index.ts';

/** The page of a log, and the rows it was made of. */
export interface MadePage {
  readonly page: string;
  readonly report: Report;
}

/** Makes the page of a source that stays open; a path is that of an exported log. */
export async function pageOf(
  source: TableSource | string,
  options: Partial<HtmlReportOptions> = {},
): Promise<MadePage> {
  const analysis: Analysis = await openAnalysis(source);
  try {
    return { page: await htmlReport(analysis, { title: 'A log', ...options }), report: await analysis.report() };
  } finally {
    await analysis.close();
  }
}

/** The page of a simulated log of so many events: nine task types, forty agents, a Chief that oversleeps now and then. */
export async function simulatedPage(events: number): Promise<MadePage> {
  const folder = mkdtempSync(join(tmpdir(), 'quadro-simulated-'));
  try {
    await makeLog(folder, events);
    return await pageOf(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The page of a board of the reference implementation, imported. */
export async function importedPage(file: string): Promise<MadePage> {
  const backend = sqlite({ file: ':memory:' });
  await importReference(file, { into: backend });
  const board = await openBoard({ backend });
  try {
    return await pageOf(board);
  } finally {
    await board.close();
  }
}
