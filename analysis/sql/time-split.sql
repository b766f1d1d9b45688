-- Where the time went, and flow efficiency.
-- Question: how much of the elapsed time was work, waiting, lost to stale work, blocked on a person?
-- Formula: over finished tasks and up to the first finish: active + wait + lost + blocked = elapsed, exactly.
--   flow_efficiency = sum of active / sum of elapsed (ratio of sums); median_flow_efficiency is the median of the tasks'
--   own. The row without a task_type is all of them.
-- Source: docs/analysis.md 3, 4
-- Needs: events
SELECT task_type, count(*) AS finished_tasks,
  coalesce(sum(elapsed_us), 0) / 1e6 AS elapsed_seconds,
  coalesce(sum(active_us), 0) / 1e6 AS active_seconds,
  coalesce(sum(wait_us), 0) / 1e6 AS wait_seconds,
  coalesce(sum(lost_us), 0) / 1e6 AS lost_seconds,
  coalesce(sum(blocked_us), 0) / 1e6 AS blocked_seconds,
  sum(active_us) / nullif(sum(elapsed_us), 0) AS flow_efficiency,
  quantile_cont(active_us / nullif(elapsed_us, 0), 0.5) AS median_flow_efficiency
FROM task_times WHERE finished_at IS NOT NULL
GROUP BY GROUPING SETS ((), (task_type)) ORDER BY task_type NULLS FIRST;
