-- Directly-follows graph.
-- Question: what comes after what, how often, after how long?
-- Formula: a = the status of a closed stage, b = the status its closing event entered; cases = tasks with the step at
--   least once; durations = the dwell in a.
-- Source: docs/analysis.md 11
-- Needs: events
SELECT status AS a, next_status AS b, count(*) AS count, count(DISTINCT hash(board_uid, task_id)) AS cases,
  avg(dwell_us) / 1e6 AS mean_seconds,
  quantile_cont(dwell_us, 0.5) / 1e6 AS p50_seconds,
  quantile_cont(dwell_us, 0.95) / 1e6 AS p95_seconds,
  max(dwell_us) / 1e6 AS max_seconds
FROM closed_stages GROUP BY status, next_status ORDER BY a, b;
