import type { AnalysisResult, AnalysisRows, Report, ReportName } from '../../analysis/index.ts';
import type { Pen } from './charts/pen.ts';
import type { Content, Markup } from './html.ts';
import type { Hue } from './palette.ts';

/** What the rows of an analysis show. */
export interface Picture {
  /** What it comes to, in a sentence or two with the figures of these rows. */
  readonly says: Content;
  readonly legend?: readonly Hue[];
  /** What the marks of the chart mean, where their colours do not tell. */
  readonly key?: string;
  readonly chart?: (pen: Pen) => Markup;
  /** It is as wide as it is: a map, which is not drawn anew for a narrow screen. */
  readonly isMap?: boolean;
}

/** An analysis on the page: its picture, or why there is none. */
export interface Shown {
  readonly title: string;
  /** Whose rows are drawn; also its place on the page. */
  readonly analysis: ReportName;
  /** Further analyses it tells of, whose figures and SQL stand below it as well. */
  readonly also: readonly ReportName[];
  readonly picture: Picture | { readonly absent: string };
}

/** A part of the page. */
export interface Part {
  readonly id: string;
  readonly title: string;
  /** What it is about, for those who do not know. */
  readonly about: Content;
  readonly shown: readonly Shown[];
}

/** The rows of an analysis; none where the log cannot give them. */
export function rowsOf<Name extends ReportName>(report: Report, name: Name): readonly AnalysisRows[Name][] {
  const result: AnalysisResult<AnalysisRows[Name]> = report[name];
  return result.available ? result.rows : [];
}

/** How an analysis is shown. */
export interface ShownOptions<Name extends ReportName> {
  readonly title: string;
  readonly analysis: Name;
  readonly also?: readonly ReportName[];
  /** What is said where there are no rows, or none that can be drawn. */
  readonly none: string;
  /** Null where the rows hold nothing to be drawn. */
  readonly picture: (rows: readonly AnalysisRows[Name][]) => Picture | null;
}

/** Shows an analysis, or says why it cannot. */
export function show<Name extends ReportName>(report: Report, options: ShownOptions<Name>): Shown {
  const { title, analysis, also = [], none, picture } = options;
  const result: AnalysisResult<AnalysisRows[Name]> = report[analysis];
  if (!result.available) return { title, analysis, also, picture: { absent: result.reason } };
  const drawn = result.rows.length === 0 ? null : picture(result.rows);
  return { title, analysis, also, picture: drawn ?? { absent: none } };
}
