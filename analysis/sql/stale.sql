-- Stale work.
-- Question: how often does a worker go silent, where, and what does it cost until the work goes on?
-- Formula: of attempts (closed visits to active, review and rework stages), by status, agent and task type: stale_rate = stale /
--   attempts; stale_share and active_share of all stale attempts and of all active time, concentration = their ratio. Detection
--   = from the last sign of life (heartbeat, else entry) to being found, lost_seconds its sum; recovery = from then to the task's
--   next attempt. False: its agent beat or reported for the task afterwards, by a call that was not of a newer assignment.
--   The hundred keys of each dimension with most stale attempts.
-- Source: docs/analysis.md 13
-- Needs: events
WITH visits AS (
  SELECT board_uid, task_type, status, agent_id, count(*) AS attempts, 0 AS open_attempts, sum(active_us) AS active_us,
    NULL AS detection_us, NULL AS recovery_us, NULL AS late_at
  FROM attempts GROUP BY ALL
  UNION ALL
  SELECT board_uid, task_type, status, agent_id, 0, count(*), 0, NULL, NULL, NULL FROM open_attempts GROUP BY ALL
  UNION ALL
  SELECT board_uid, task_type, status, agent_id, 0, 0, 0, detection_us, recovery_us, late_at FROM stale_attempts
), counts AS (
  SELECT
    CASE WHEN grouping(status) = 0 THEN 'status' WHEN grouping(agent_id) = 0 THEN 'agent' WHEN grouping(task_type) = 0 THEN 'task_type' ELSE 'all' END AS dimension,
    coalesce(status, agent_id, task_type) AS key, board_uid,
    coalesce(sum(attempts), 0) AS attempts, coalesce(sum(open_attempts), 0) AS open_attempts, count(detection_us) AS stale,
    coalesce(sum(active_us), 0) AS active_us, coalesce(sum(detection_us), 0) AS lost_us,
    quantile_cont(detection_us, [0.5, 0.95]) AS detection, quantile_cont(recovery_us, [0.5, 0.95]) AS recovery,
    count(detection_us) - count(recovery_us) AS unrecovered, count(late_at) AS false_stale
  FROM visits GROUP BY GROUPING SETS ((), (status), (board_uid, agent_id), (task_type))
), totals AS (
  SELECT stale, active_us FROM counts WHERE dimension = 'all'
)
SELECT c.dimension, c.key, c.board_uid, c.attempts, c.open_attempts, c.stale, c.stale / nullif(c.attempts, 0) AS stale_rate,
  c.stale / nullif(t.stale, 0) AS stale_share, c.active_us / nullif(t.active_us, 0) AS active_share,
  c.stale / nullif(t.stale, 0) / nullif(c.active_us / nullif(t.active_us, 0), 0) AS concentration,
  c.lost_us / 1e6 AS lost_seconds, c.detection[1] / 1e6 AS detection_p50_seconds, c.detection[2] / 1e6 AS detection_p95_seconds,
  c.recovery[1] / 1e6 AS recovery_p50_seconds, c.recovery[2] / 1e6 AS recovery_p95_seconds,
  c.unrecovered, c.false_stale, c.false_stale / nullif(c.stale, 0) AS false_stale_share
FROM counts c CROSS JOIN totals t
QUALIFY row_number() OVER (PARTITION BY c.dimension ORDER BY c.stale DESC, c.attempts DESC, c.key, c.board_uid) <= 100
ORDER BY array_position(['all', 'status', 'agent', 'task_type'], c.dimension), c.stale DESC, c.attempts DESC, c.key, c.board_uid;
