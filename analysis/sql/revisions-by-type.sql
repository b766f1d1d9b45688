-- Review decisions and rework by task type.
-- Question: how often is work sent back, and what does it cost?
-- Formula: decision = leaving a review by any edge but exit and stale; revision_rate = revision edges / decisions;
--   first_pass_yield = decided tasks without a revision / decided tasks; revisions a decided task: mean, p95;
--   rework_share = time from each revision edge to the next review (or the finish) / elapsed, over finished tasks.
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
), reviews AS (
  SELECT e.board_uid, e.task_id, e.sequence_id, e."timestamp" AS entered_at
  FROM transitions e
  SEMI JOIN review_statuses r ON r.board_uid = e.board_uid AND r.profile = e.profile AND r.status = e.to_status
  WHERE e.profile <> 'review_required' OR e.stage_kind = 'review'
), sent_back AS (
  SELECT board_uid, task_id, exited_sequence_id, exited_at FROM review_decisions WHERE edge_out = 'revision' AND before_finish
), reworks AS (
  SELECT s.board_uid, s.task_id, s.exited_at AS started_at, n.entered_at AS reviewed_at
  FROM sent_back s ASOF LEFT JOIN reviews n
    ON n.board_uid = s.board_uid AND n.task_id = s.task_id AND n.sequence_id >= s.exited_sequence_id
), rework_times AS (
  SELECT t.task_type, sum(epoch_us(least(coalesce(r.reviewed_at, t.finished_at), t.finished_at)) - epoch_us(r.started_at)) AS rework_us
  FROM reworks r JOIN task_times t ON t.board_uid = r.board_uid AND t.task_id = r.task_id
  WHERE t.finished_at IS NOT NULL GROUP BY GROUPING SETS ((), (t.task_type))
), totals AS (
  SELECT task_type, sum(elapsed_us) AS elapsed_us FROM task_times GROUP BY GROUPING SETS ((), (task_type))
)
SELECT d.*, coalesce(w.rework_us, 0) / 1e6 AS rework_seconds,
  coalesce(w.rework_us, 0) / nullif(t.elapsed_us, 0) AS rework_share
FROM decisions d
JOIN totals t ON t.task_type IS NOT DISTINCT FROM d.task_type
LEFT JOIN rework_times w ON w.task_type IS NOT DISTINCT FROM d.task_type
ORDER BY d.task_type NULLS FIRST;
