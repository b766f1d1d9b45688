-- Dwell by stage.
-- Question: how long does one visit to a status, as work, review, rework or wait of each task type, last?
-- Formula: dwell = exited_at - entered_at of closed visits; p50 and p95 by linear interpolation. Visits still open are
--   counted in open (a terminal status is never left), and are in no duration.
-- Source: docs/analysis.md 1, 2
-- Needs: events
WITH visits AS (
  SELECT task_type, status, stage_kind, dwell_us FROM closed_stages
  UNION ALL
  SELECT task_type, status, stage_kind, NULL FROM current_stages
)
SELECT task_type, status, stage_kind, count(dwell_us) AS count, count(*) - count(dwell_us) AS open,
  avg(dwell_us) / 1e6 AS mean_seconds,
  quantile_cont(dwell_us, 0.5) / 1e6 AS p50_seconds,
  quantile_cont(dwell_us, 0.95) / 1e6 AS p95_seconds,
  max(dwell_us) / 1e6 AS max_seconds,
  sum(dwell_us) / 1e6 AS total_seconds
FROM visits GROUP BY task_type, status, stage_kind ORDER BY task_type, status, stage_kind;
