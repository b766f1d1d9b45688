-- Review decisions and rework by task type.
-- Question: how often is work sent back, and what does it cost?
-- Formula: decision = leaving a review by any edge but exit and stale; revision_rate = revision edges / decisions;
--   first_pass_yield = decided tasks without a revision / decided tasks; revisions a decided task: mean, p95;
--   rework_share = time from each revision edge to the next review (or revision, or the finish) / elapsed, over finished tasks.
--   The row without a task_type is all of them.
-- Source: docs/analysis.md 6
-- Needs: events, profiles
WITH decided AS (
  SELECT board_uid, task_id, any_value(task_type) AS task_type, count(*) AS decisions,
    count(*) FILTER (edge_out = 'revision') AS revisions
  FROM review_decisions GROUP BY board_uid, task_id
), decisions AS (
  SELECT task_type, sum(decisions) AS decisions, sum(revisions) AS revisions,
    sum(revisions) / nullif(sum(decisions), 0) AS revision_rate,
    count(*) AS decided_tasks,
    count(*) FILTER (revisions = 0) AS first_pass_tasks,
    count(*) FILTER (revisions > 0) AS revised_tasks,
    count(*) FILTER (revisions = 0) / nullif(count(*), 0) AS first_pass_yield,
    avg(revisions) AS mean_revisions,
    quantile_cont(revisions, 0.95) AS p95_revisions
  FROM decided GROUP BY GROUPING SETS ((), (task_type))
), rework_times AS (
  SELECT task_type, sum(rework_us) AS rework_us FROM reworks GROUP BY GROUPING SETS ((), (task_type))
), totals AS (
  SELECT task_type, sum(elapsed_us) AS elapsed_us FROM task_times GROUP BY GROUPING SETS ((), (task_type))
)
SELECT d.*, coalesce(w.rework_us, 0) / 1e6 AS rework_seconds,
  coalesce(w.rework_us, 0) / nullif(t.elapsed_us, 0) AS rework_share
FROM decisions d
JOIN totals t ON t.task_type IS NOT DISTINCT FROM d.task_type
LEFT JOIN rework_times w ON w.task_type IS NOT DISTINCT FROM d.task_type
ORDER BY d.task_type NULLS FIRST;
