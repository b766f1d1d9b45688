/** The report as one HTML page (docs/report.md). */
export { type HtmlReportOptions, htmlReport, type ReportSource } from './html-report.ts';
export type { ReportFinding } from './report-data.ts';
