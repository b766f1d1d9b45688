import { findings, type Report } from '../../analysis/index.ts';
import { readSql, VIEW_FILES } from '../../analysis/sql-files.ts';
import { loadDrawing } from './drawing.ts';
import { type ReportFinding, readNotes } from './report-data.ts';
import { reportPage } from './report-page.ts';

/** What a report is called, and what it begins with. */
export interface HtmlReportOptions {
  /** The heading of the page, such as the log's name. */
  readonly title: string;
  /** Says what stands out, in the order of the page. Default: `findings` of `quadro/analysis`. */
  readonly findings?: (report: Report) => readonly ReportFinding[];
}

/** What the page is made of: an open log, or whoever has a report already. */
export interface ReportSource {
  report(): Promise<Report>;
}

/**
 * Every analysis of a log as one page of HTML that needs nothing besides itself: no network, no script, no font. Needs the
 * packages `@observablehq/plot`, `linkedom` and `@viz-js/viz`. The same log gives the same bytes.
 *
 * @throws ConfigurationError (`missing_package`), before the log is read.
 * @example
 * const analysis = await openAnalysis('log');
 * await writeFile('report.html', await htmlReport(analysis, { title: 'Newsroom, November' }));
 */
export async function htmlReport(source: ReportSource, options: HtmlReportOptions): Promise<string> {
  const drawing = await loadDrawing();
  const { title, findings: findingsOf = findings } = options;
  const report = await source.report();
  const [notes, views] = await Promise.all([readNotes(), Promise.all(VIEW_FILES.map(readSql))]);
  return reportPage({ name: title, report, findings: findingsOf(report), notes, views: views.join('\n') }, drawing);
}
