/**
 * The figures that SQL, /metrics and spans each tell, in one vocabulary: a figure has a value for each set of its labels, in
 * every one of the three, or says why one of them has none.
 */
import * as metrics from '../../exporters/prometheus/index.ts';

/** A figure's name. */
export type FigureName =
  | 'transitions'
  | 'finished_tasks'
  | 'elapsed_seconds'
  | 'stages'
  | 'stage_seconds'
  | 'stale_stages'
  | 'chief_cycles'
  | 'chief_cycle_seconds'
  | 'chief_actions'
  | 'ombudsman_ticks';

/** What a figure is on each side. */
export interface FigureSpec {
  readonly labels: readonly string[];
  /** The query of its values: `board_uid` is $1; the labels in their order, then `value`. */
  readonly sql: string;
  /** The metric's series. */
  readonly series: string;
  /** Values of labels for which spans tell nothing: a post has no span, a broken link's span says where its stage really was. */
  readonly notInSpans?: Readonly<Record<string, readonly string[]>>;
}

/** A metric has `agent_id` only where it is asked for. */
const withoutAgent = ({ labels }: { readonly labels: readonly string[] }): readonly string[] =>
  labels.filter(name => name !== 'agent_id');

const STAGES = 'FROM closed_stages WHERE board_uid = $1 GROUP BY ALL';
const FINISHES = `
  FROM transitions e JOIN task_times t ON t.board_uid = e.board_uid AND t.task_id = e.task_id
  WHERE e.board_uid = $1 AND e.sequence_id = e.finished_sequence_id GROUP BY ALL`;
const CYCLES = `
  SELECT "trigger", CASE
      WHEN error IS NOT NULL THEN 'error'
      WHEN actions_taken > 0 THEN 'acted'
      WHEN "trigger" IN ('worker', 'board_event') THEN 'noop'
      ELSE 'empty'
    END AS result, %
  FROM chief_cycles WHERE board_uid = $1 GROUP BY ALL`;

/** Every figure that is reconciled, in the order it is printed. */
export const FIGURES: Readonly<Record<FigureName, FigureSpec>> = {
  transitions: {
    labels: withoutAgent(metrics.TASK_TRANSITIONS),
    sql: `SELECT task_type, coalesce(from_status, ''), to_status, edge, count(*) AS value
      FROM transitions WHERE board_uid = $1 GROUP BY ALL`,
    series: metrics.TASK_TRANSITIONS.name,
    notInSpans: { edge: ['post', 'unlinked'] },
  },
  finished_tasks: {
    labels: withoutAgent(metrics.TASK_DURATION),
    sql: `SELECT e.task_type, e.to_status, count(*) AS value ${FINISHES}`,
    series: `${metrics.TASK_DURATION.name}_count`,
  },
  elapsed_seconds: {
    labels: withoutAgent(metrics.TASK_DURATION),
    sql: `SELECT e.task_type, e.to_status, sum(t.elapsed_us) / 1e6 AS value ${FINISHES}`,
    series: `${metrics.TASK_DURATION.name}_sum`,
  },
  stages: {
    labels: withoutAgent(metrics.STAGE_DURATION),
    sql: `SELECT task_type, status, stage_kind, count(*) AS value ${STAGES}`,
    series: `${metrics.STAGE_DURATION.name}_count`,
  },
  stage_seconds: {
    labels: withoutAgent(metrics.STAGE_DURATION),
    sql: `SELECT task_type, status, stage_kind, sum(greatest(dwell_us, 0)) / 1e6 AS value ${STAGES}`,
    series: `${metrics.STAGE_DURATION.name}_sum`,
  },
  stale_stages: {
    labels: withoutAgent(metrics.OMBUDSMAN_STALE),
    sql: `SELECT task_type, status, count(*) AS value
      FROM closed_stages WHERE board_uid = $1 AND is_stale GROUP BY ALL`,
    series: metrics.OMBUDSMAN_STALE.name,
  },
  chief_cycles: {
    labels: withoutAgent(metrics.CHIEF_CYCLE_DURATION),
    sql: CYCLES.replace('%', 'count(*) AS value'),
    series: `${metrics.CHIEF_CYCLE_DURATION.name}_count`,
  },
  chief_cycle_seconds: {
    labels: withoutAgent(metrics.CHIEF_CYCLE_DURATION),
    sql: CYCLES.replace('%', 'sum(greatest(epoch_us(slept_at) - epoch_us(woke_at), 0)) / 1e6 AS value'),
    series: `${metrics.CHIEF_CYCLE_DURATION.name}_sum`,
  },
  chief_actions: {
    labels: withoutAgent(metrics.CHIEF_ACTIONS),
    sql: 'SELECT "trigger", sum(actions_taken) AS value FROM chief_cycles WHERE board_uid = $1 GROUP BY ALL',
    series: metrics.CHIEF_ACTIONS.name,
  },
  ombudsman_ticks: {
    labels: withoutAgent(metrics.OMBUDSMAN_TICK_DURATION),
    sql: `SELECT CASE WHEN error IS NOT NULL THEN 'error' WHEN stale_count > 0 THEN 'found' ELSE 'empty' END AS result,
      count(*) AS value FROM ombudsman_ticks WHERE board_uid = $1 GROUP BY ALL`,
    series: `${metrics.OMBUDSMAN_TICK_DURATION.name}_count`,
  },
};

/** The names of {@link FIGURES}. */
export const FIGURE_NAMES: readonly FigureName[] = Object.keys(FIGURES) as FigureName[];

/** One side's values: figure → its labels' values as JSON text → value. */
export type FigureValues = ReadonlyMap<FigureName, ReadonlyMap<string, number>>;

/** Gathers one side's values. */
export class FigureSums {
  readonly values: Map<FigureName, Map<string, number>> = new Map(FIGURE_NAMES.map(name => [name, new Map()]));

  add(figure: FigureName, labels: readonly string[], value: number): void {
    const sums = this.values.get(figure);
    const key = JSON.stringify(labels);
    sums?.set(key, (sums.get(key) ?? 0) + value);
  }
}
