import type { AnalysisName, AnalysisResult } from '../analyses.ts';

/** What a finding is about. Stable, for programs. */
export type FindingCode =
  | 'dispatch_failure'
  | 'contention'
  | 'no_capable_agent'
  | 'chief_latency'
  | 'inversion'
  | 'stale_work'
  | 'false_stale'
  | 'timeout_too_long'
  | 'revisions'
  | 'strict_reviewer'
  | 'failures'
  | 'noops'
  | 'rhythm_changed'
  | 'not_stationary'
  | 'ageing_tasks'
  | 'nonconformance'
  | 'rerun_cost';

/** Something that stands out in a log, in a sentence with its figures. */
export interface Finding {
  readonly code: FindingCode;
  /** A `fault` is something to mend; a `notice` something to know. */
  readonly severity: 'fault' | 'notice';
  readonly sentence: string;
  /** The analysis that shows it. */
  readonly analysis: AnalysisName;
}

/** The rows of an analysis; none where the log cannot give them. */
export function rowsOf<Row>(result: AnalysisResult<Row>): readonly Row[] {
  return result.available ? result.rows : [];
}

/** A share in a sentence is told only where so many cases stand behind it. */
export const MIN_CASES = 10;
