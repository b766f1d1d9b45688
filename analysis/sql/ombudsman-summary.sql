-- The Ombudsman's ticks.
-- Question: does the Ombudsman look often enough, how long does it take, and does it find anything?
-- Formula: one row a board, over its ticks in the order of their log; interval = from the start of a tick to the start of the
--   next; since_last = from the end of the last one to the log's end, in which nobody has looked.
-- Source: docs/analysis.md 13
-- Needs: ombudsman_ticks
WITH ticks AS (
  SELECT *, epoch_us(ended_at) - epoch_us(started_at) AS duration_us,
    epoch_us(lead(started_at) OVER (PARTITION BY board_uid ORDER BY sequence_id)) - epoch_us(started_at) AS interval_us
  FROM ombudsman_ticks WHERE ended_at <= cut_off()
)
SELECT t.board_uid, count(*) AS ticks, count(t.error) AS errors, min(t.started_at) AS first_started_at, max(t.ended_at) AS last_ended_at,
  avg(t.tasks_scanned) AS mean_tasks_scanned, sum(t.stale_count) AS found, count(*) FILTER (t.stale_count > 0) AS finding_ticks,
  quantile_cont(t.duration_us, 0.5) / 1e6 AS duration_p50_seconds, quantile_cont(t.duration_us, 0.95) / 1e6 AS duration_p95_seconds,
  max(t.duration_us) / 1e6 AS duration_max_seconds, quantile_cont(t.interval_us, 0.5) / 1e6 AS interval_p50_seconds,
  quantile_cont(t.interval_us, 0.95) / 1e6 AS interval_p95_seconds, max(t.interval_us) / 1e6 AS interval_max_seconds,
  greatest(any_value(s.last_us) - epoch_us(max(t.ended_at)), 0) / 1e6 AS since_last_seconds
FROM ticks t JOIN log_spans s ON s.board_uid = t.board_uid
GROUP BY t.board_uid ORDER BY t.board_uid;
