-- Heartbeat gaps.
-- Question: how regularly do workers give signs of life, and how long are they silent when all is well?
-- Formula: a gap ends with a heartbeat of the agent that has the task, and begins with the one before it, or on entering the
--   stage. silence = the longest time without a sign of life of each attempt that was not found stale, whose end is one too.
--   The row without a task_type is all of them.
-- Source: docs/analysis.md 14
-- Needs: events
WITH gaps AS (
  SELECT task_type, count(*) AS gaps,
    quantile_cont(epoch_us("timestamp") - epoch_us(coalesce(last_heartbeat_at, entered_at)), [0.5, 0.99]) AS q,
    max(epoch_us("timestamp") - epoch_us(coalesce(last_heartbeat_at, entered_at))) AS max_us
  FROM events
  WHERE event_type = 'task_heartbeat' AND from_stage_kind IN ('active', 'review', 'rework') AND agent_id = from_agent_id
    AND "timestamp" <= cut_off()
  GROUP BY GROUPING SETS ((), (task_type))
), silences AS (
  SELECT task_type, count(*) AS attempts, count(*) FILTER (heartbeats = 0) AS without_beat,
    quantile_cont(silence_us, [0.5, 0.99]) AS q, max(silence_us) AS max_us
  FROM attempts WHERE NOT is_stale GROUP BY GROUPING SETS ((), (task_type))
)
SELECT coalesce(g.task_type, s.task_type) AS task_type, coalesce(g.gaps, 0) AS gaps, g.q[1] / 1e6 AS p50_seconds, g.q[2] / 1e6 AS p99_seconds, g.max_us / 1e6 AS max_seconds,
  coalesce(s.attempts, 0) AS attempts, coalesce(s.without_beat, 0) AS without_beat,
  s.q[1] / 1e6 AS silence_p50_seconds, s.q[2] / 1e6 AS silence_p99_seconds, s.max_us / 1e6 AS silence_max_seconds
FROM gaps g FULL JOIN silences s ON s.task_type IS NOT DISTINCT FROM g.task_type
ORDER BY 1 NULLS FIRST;
