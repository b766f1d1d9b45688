-- Time-out advisor.
-- Question: after what silence should the Ombudsman take work for dead, by task type and status?
-- Formula: an attempt is known to have been alive if it was not found stale, or falsely (as in stale); its silence is the longest
--   it was without a sign of life, its end or a late sign being one. suggested_timeout = the shortest of a ladder of round
--   durations (1 s to a week) that at most 1 % of these silences exceed; none under 20 such attempts. Its false_stale_rate is
--   the share that exceed it; its detection is itself + half the median interval between ticks. Present figures beside it.
-- Source: docs/analysis.md 14
-- Needs: events
WITH silent AS MATERIALIZED (
  FROM stale_attempts
), alive AS (
  SELECT task_type, status, silence_us FROM attempts WHERE NOT is_stale
  UNION ALL
  SELECT task_type, status, greatest(silence_us, detection_us + epoch_us(late_at) - epoch_us(exited_at)) FROM silent WHERE late_at IS NOT NULL
), silences AS (
  SELECT task_type, status, count(*) AS attempts, quantile_cont(silence_us, 0.99) AS p99_us, max(silence_us) AS max_us,
    quantile_disc(silence_us, 0.99) AS enough_us
  FROM alive GROUP BY task_type, status
), suggested AS (
  SELECT *, list_filter(
    [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600,
      43200, 86400, 172800, 259200, 604800],
    lambda step: step * 1000000::BIGINT >= enough_us AND attempts >= 20)[1] AS timeout_seconds
  FROM silences
), exceeding AS (
  SELECT a.task_type, a.status, count(*) AS attempts
  FROM alive a JOIN suggested s ON s.task_type = a.task_type AND s.status = a.status
  WHERE a.silence_us > s.timeout_seconds * 1000000::BIGINT GROUP BY a.task_type, a.status
), found AS (
  SELECT task_type, status, count(*) AS stale, count(late_at) AS false_stale,
    min(detection_us) AS min_us, quantile_cont(detection_us, 0.5) AS p50_us
  FROM silent GROUP BY task_type, status
), intervals AS (
  SELECT epoch_us(lead(started_at) OVER (PARTITION BY board_uid ORDER BY sequence_id)) - epoch_us(started_at) AS interval_us
  FROM ombudsman_ticks WHERE ended_at <= cut_off()
), ticking AS (
  SELECT coalesce(quantile_cont(interval_us, 0.5), 0) / 1e6 AS interval_seconds FROM intervals
)
SELECT coalesce(s.task_type, f.task_type) AS task_type, coalesce(s.status, f.status) AS status, coalesce(s.attempts, 0) AS alive_attempts,
  coalesce(f.stale, 0) AS stale, coalesce(f.false_stale, 0) AS false_stale, coalesce(f.false_stale, 0) / s.attempts AS false_stale_rate,
  f.min_us / 1e6 AS detection_min_seconds, f.p50_us / 1e6 AS detection_p50_seconds,
  s.p99_us / 1e6 AS silence_p99_seconds, s.max_us / 1e6 AS silence_max_seconds, s.timeout_seconds AS suggested_timeout_seconds,
  CASE WHEN s.timeout_seconds IS NOT NULL THEN coalesce(e.attempts, 0) / s.attempts END AS suggested_false_stale_rate,
  s.timeout_seconds + t.interval_seconds / 2 AS suggested_detection_seconds
FROM suggested s
FULL JOIN found f ON f.task_type = s.task_type AND f.status = s.status
LEFT JOIN exceeding e ON e.task_type = s.task_type AND e.status = s.status
CROSS JOIN ticking t
ORDER BY stale DESC, task_type, status;
