-- Elapsed time of tasks.
-- Question: how long from post to finish?
-- Formula: elapsed = first finish - post, of finished tasks; first_to_last = last transition - first of every task, heartbeats
--   apart (what process-mining tools report). The row without a task_type is all of them. Unfinished tasks are counted in open.
-- Source: docs/analysis.md 2
-- Needs: events
SELECT task_type, count(*) AS tasks, count(elapsed_us) AS finished, count(*) - count(elapsed_us) AS open,
  avg(elapsed_us) / 1e6 AS mean_seconds,
  quantile_cont(elapsed_us, 0.5) / 1e6 AS p50_seconds,
  quantile_cont(elapsed_us, 0.95) / 1e6 AS p95_seconds,
  max(elapsed_us) / 1e6 AS max_seconds,
  avg(first_to_last_us) / 1e6 AS first_to_last_mean_seconds,
  quantile_cont(first_to_last_us, 0.5) / 1e6 AS first_to_last_p50_seconds,
  quantile_cont(first_to_last_us, 0.95) / 1e6 AS first_to_last_p95_seconds,
  max(first_to_last_us) / 1e6 AS first_to_last_max_seconds
FROM task_times GROUP BY GROUPING SETS ((), (task_type)) ORDER BY task_type NULLS FIRST;
