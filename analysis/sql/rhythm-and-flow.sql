-- Rhythm and flow.
-- Question: when the Chief's rhythm changes, does throughput change with it, before or after?
-- Formula: over the Chief's windows (chief_windows), Pearson's correlation of wakes a minute, noop rate and median sleep with
--   the tasks that finished on its board, a minute, so many windows later (lag < 0: earlier). n = pairs of windows where both
--   are known; null under three, or where one of the two never changes. A correlation names no cause.
-- Source: docs/analysis.md 22
-- Needs: chief_cycles, events
WITH finishes AS (
  SELECT l.board_uid, l.chief_id, (epoch_us(t.finished_at) - l.first_us) // w.window_us AS number, count(*) AS finished
  FROM task_times t
  JOIN chief_lives l ON l.board_uid = t.board_uid
  JOIN (SELECT DISTINCT board_uid, chief_id, window_us FROM chief_windows) w ON w.board_uid = l.board_uid AND w.chief_id = l.chief_id
  WHERE t.finished_at IS NOT NULL GROUP BY ALL
), windows AS (
  SELECT w.*, coalesce(f.finished, 0) AS finished
  FROM chief_windows w LEFT JOIN finishes f ON f.board_uid = w.board_uid AND f.chief_id = w.chief_id AND f.number = w.number
), measures AS (
  -- Windows are of one length, so wakes a window correlate as wakes a minute do.
  SELECT board_uid, chief_id, number, 'wakes_per_minute' AS measure, 1 AS place, CAST(cycles AS DOUBLE) AS value FROM windows
  UNION ALL
  SELECT board_uid, chief_id, number, 'noop_rate', 2, noop_rate FROM windows
  UNION ALL
  SELECT board_uid, chief_id, number, 'median_sleep', 3, median_sleep_us FROM windows
), pairs AS (
  SELECT m.board_uid, m.chief_id, m.number, m.measure, m.place, w.window_us, l.lag, m.value, w.finished
  FROM measures m CROSS JOIN range(-5, 6) l(lag)
  JOIN windows w ON w.board_uid = m.board_uid AND w.chief_id = m.chief_id AND w.number = m.number + l.lag
  WHERE m.value IS NOT NULL
)
SELECT board_uid, chief_id, measure, window_us / 1e6 AS window_seconds, lag AS lag_windows, lag * window_us / 1e6 AS lag_seconds,
  count(*) AS n,
  CASE WHEN count(*) >= 3 AND min(value) < max(value) AND min(finished) < max(finished) THEN corr(value, finished ORDER BY number) END AS correlation
FROM pairs GROUP BY board_uid, chief_id, measure, place, window_us, lag
ORDER BY chief_id, board_uid, place, lag;
