import type { Analysis } from '../open-analysis.ts';
import type { Unit, UnitKind } from './measures.ts';

/** A stretch of a log: from the first instant to before the last, ISO 8601; absent is open. */
export interface CompareWindow {
  readonly since?: string;
  readonly until?: string;
}

/** So many units of a kind are drawn from at most, chosen by hash: the estimate of a longer log is that of its sample. */
const MAX_UNITS = 50_000;

/** Stretches of time that throughput is resampled by. */
const STRETCHES = 50;

const TASKS = `
  WITH decided AS (
    SELECT board_uid, task_id, count(*) AS decisions, count(*) FILTER (edge_out = 'revision') AS revisions
    FROM review_decisions WHERE before_finish GROUP BY board_uid, task_id
  ), attempts AS (
    SELECT board_uid, task_id, count(*) AS attempts, count(*) FILTER (is_stale) AS stale
    FROM closed_stages WHERE before_finish AND stage_kind IN ('active', 'review', 'rework') GROUP BY board_uid, task_id
  ), failures AS (
    SELECT board_uid, task_id FROM transitions WHERE sequence_id = finished_sequence_id AND to_status = 'HUMAN_REVIEW'
  )
  SELECT 1 AS one, t.elapsed_us, t.active_us, t.wait_us, t.lost_us, t.blocked_us,
    coalesce(d.revisions, 0) AS revisions, coalesce(d.decisions, 0) AS decisions,
    (d.decisions IS NOT NULL)::INTEGER AS decided, coalesce(d.revisions = 0, false)::INTEGER AS first_pass,
    coalesce(a.attempts, 0) AS attempts, coalesce(a.stale, 0) AS stale, (f.task_id IS NOT NULL)::INTEGER AS failed,
    count(*) OVER () AS units
  FROM task_times t
  LEFT JOIN decided d ON d.board_uid = t.board_uid AND d.task_id = t.task_id
  LEFT JOIN attempts a ON a.board_uid = t.board_uid AND a.task_id = t.task_id
  LEFT JOIN failures f ON f.board_uid = t.board_uid AND f.task_id = t.task_id
  WHERE t.finished_at >= coalesce($since::TIMESTAMP, '-infinity'::TIMESTAMP)
    AND t.finished_at < coalesce($until::TIMESTAMP, 'infinity'::TIMESTAMP)
  ORDER BY hash(t.board_uid, t.task_id) LIMIT ${MAX_UNITS}`;

const CYCLES = `
  SELECT 1 AS one, actions_taken AS actions, epoch_us(slept_at) - epoch_us(woke_at) AS cycle_us,
    epoch_us(woke_at) - epoch_us(previous_slept_at) AS sleep_us,
    ("trigger" IN ('worker', 'board_event'))::INTEGER AS reactive,
    ("trigger" IN ('worker', 'board_event') AND actions_taken = 0 AND error IS NULL)::INTEGER AS noop,
    count(*) OVER () AS units
  FROM chief_cycles
  WHERE woke_at >= coalesce($since::TIMESTAMP, '-infinity'::TIMESTAMP)
    AND woke_at < coalesce($until::TIMESTAMP, 'infinity'::TIMESTAMP)
  ORDER BY hash(board_uid, sequence_id) LIMIT ${MAX_UNITS}`;

const STRETCHES_SQL = `
  WITH bounds AS (
    SELECT epoch_us(greatest(min("timestamp"), coalesce($since::TIMESTAMP, min("timestamp")))) AS t0,
      epoch_us(least(max("timestamp"), coalesce($until::TIMESTAMP, max("timestamp")))) AS t1
    FROM events
  ), happenings AS (
    SELECT epoch_us(created_at) AS at_us, 1 AS arrivals, 0 AS departures FROM task_times WHERE created_at IS NOT NULL
    UNION ALL
    SELECT epoch_us(finished_at), 0, 1 FROM task_times WHERE finished_at IS NOT NULL
  ), counted AS (
    SELECT least((${STRETCHES} * (at_us - t0)) // nullif(t1 - t0, 0), ${STRETCHES - 1}) AS stretch,
      sum(arrivals) AS arrivals, sum(departures) AS departures
    FROM happenings, bounds WHERE at_us BETWEEN t0 AND t1 GROUP BY stretch
  )
  SELECT coalesce(c.arrivals, 0) AS arrivals, coalesce(c.departures, 0) AS departures,
    (t1 - t0) / ${STRETCHES} AS length_us, ${STRETCHES} AS units
  FROM bounds, range(${STRETCHES}) s(n) LEFT JOIN counted c ON c.stretch = s.n
  WHERE t1 > t0 ORDER BY s.n`;

const QUERIES: Readonly<Record<UnitKind, string>> = { task: TASKS, cycle: CYCLES, stretch: STRETCHES_SQL };

/** The units of a kind in a window of a log, and how many there are in all where they are a sample. */
export async function unitsOf(
  analysis: Analysis,
  kind: UnitKind,
  { since, until }: CompareWindow,
): Promise<{ units: readonly Unit[]; of: number }> {
  const rows = await analysis.sql(QUERIES[kind], { since: since ?? null, until: until ?? null });
  const units = rows as readonly Unit[];
  return { units, of: units[0]?.units ?? 0 };
}
