/**
 * What each analysis answers: the columns of its `.sql` file, typed, by topic in `rows/`. Names are the files' with `_` for
 * `-`. A share or rate is null where it would divide by zero; instants are ISO 8601.
 */
import { AGENTS_NAMES, type AgentsRows } from './rows/agents.ts';
import { CHIEF_NAMES, type ChiefRows } from './rows/chief.ts';
import { COORDINATION_NAMES, type CoordinationRows } from './rows/coordination.ts';
import { COST_NAMES, type CostRows } from './rows/cost.ts';
import { FLOW_NAMES, type FlowRows } from './rows/flow.ts';
import { OMBUDSMAN_NAMES, type OmbudsmanRows } from './rows/ombudsman.ts';
import { OVERVIEW_NAMES, type OverviewRows } from './rows/overview.ts';
import { REWORK_NAMES, type ReworkRows } from './rows/rework.ts';
import { TIME_NAMES, type TimeRows } from './rows/time.ts';

export type * from './rows/agents.ts';
export type * from './rows/chief.ts';
export type * from './rows/coordination.ts';
export type * from './rows/cost.ts';
export type * from './rows/flow.ts';
export type * from './rows/ombudsman.ts';
export type * from './rows/overview.ts';
export type * from './rows/rework.ts';
export type * from './rows/time.ts';

/** Analysis → a row of it. */
export interface AnalysisRows
  extends OverviewRows,
    TimeRows,
    ReworkRows,
    CoordinationRows,
    FlowRows,
    CostRows,
    OmbudsmanRows,
    AgentsRows,
    ChiefRows {}

/** The name of an analysis. */
export type AnalysisName = keyof AnalysisRows;

/** The rows of an analysis, or why the log cannot give them. */
export type AnalysisResult<Row> =
  | { readonly available: true; readonly rows: readonly Row[] }
  | { readonly available: false; readonly reason: string };

/** What {@link AnalysisRows} are left out of a report: as long as the log itself. */
export type ReportName = Exclude<AnalysisName, 'chief_timeline' | 'segments'>;

/** Every analysis of a log. */
export type Report = { readonly [Name in ReportName]: AnalysisResult<AnalysisRows[Name]> };

/** Every analysis, in the order of a report. */
export const ANALYSIS_NAMES: readonly AnalysisName[] = [
  ...OVERVIEW_NAMES,
  ...TIME_NAMES,
  ...REWORK_NAMES,
  ...COORDINATION_NAMES,
  ...FLOW_NAMES,
  ...COST_NAMES,
  ...OMBUDSMAN_NAMES,
  ...AGENTS_NAMES,
  ...CHIEF_NAMES,
];

/** Analyses as long as the log itself: asked for by name only. */
const LONG: ReadonlySet<AnalysisName> = new Set<AnalysisName>(['chief_timeline', 'segments']);

/** The analyses of a report, in its order. */
export const REPORT_NAMES: readonly ReportName[] = ANALYSIS_NAMES.filter((name): name is ReportName => !LONG.has(name));
