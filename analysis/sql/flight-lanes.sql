-- Flight plans as lanes: every stage of the tasks to look at first.
-- Question: how did the slowest and the most revised tasks spend their time?
-- Formula: the eight finished tasks with the longest time from post to first finish (slowest), and the eight with the most
--   revisions, the longer elapsed first (most_revised); of each its first 200 stages. start_seconds = since it was posted. An open stage ends
--   with the log. active_seconds ends at the last heartbeat of a stage that ended stale; the rest of it is lost_seconds.
-- Source: docs/analysis.md 5
-- Needs: events
WITH log_ends AS (
  SELECT board_uid, max("timestamp") AS ended_at FROM events GROUP BY board_uid
), slowest AS (
  SELECT 'slowest' AS chosen_as, * FROM task_times WHERE finished_at IS NOT NULL
  ORDER BY elapsed_us DESC, task_id, board_uid LIMIT 8
), most_revised AS (
  SELECT 'most_revised' AS chosen_as, * FROM task_times WHERE revisions > 0
  ORDER BY revisions DESC, elapsed_us DESC NULLS LAST, task_id, board_uid LIMIT 8
), chosen AS (
  SELECT *, row_number() OVER (PARTITION BY chosen_as
    ORDER BY CASE chosen_as WHEN 'slowest' THEN 0 ELSE revisions END DESC, elapsed_us DESC NULLS LAST, task_id, board_uid) AS rank
  FROM (FROM slowest UNION ALL FROM most_revised)
), visits AS (
  SELECT s.board_uid, s.task_id, s.status, s.stage_kind, s.visit, s.edge_in, s.assigned_to, s.entered_sequence_id, s.entered_at, s.exited_at,
    s.dwell_us, s.active_us
  FROM closed_stages s SEMI JOIN chosen c ON c.board_uid = s.board_uid AND c.task_id = s.task_id
  UNION ALL
  SELECT o.board_uid, o.task_id, o.status, o.stage_kind, NULL, o.edge_in, o.assigned_to, o.entered_sequence_id, o.entered_at, NULL,
    epoch_us(l.ended_at) - epoch_us(o.entered_at),
    CASE WHEN o.stage_kind IN ('active', 'review', 'rework') THEN epoch_us(l.ended_at) - epoch_us(o.entered_at) ELSE 0 END
  FROM current_stages o
  SEMI JOIN chosen c ON c.board_uid = o.board_uid AND c.task_id = o.task_id
  JOIN log_ends l ON l.board_uid = o.board_uid
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY board_uid, task_id ORDER BY entered_sequence_id) AS stage FROM visits QUALIFY stage <= 200
)
SELECT c.chosen_as, c.rank, c.board_uid, c.task_id, c.task_type, t.label, c.elapsed_us / 1e6 AS elapsed_seconds, c.revisions, c.stale_count,
  v.stage, v.status, v.stage_kind, v.visit, v.edge_in, v.assigned_to, v.entered_at, v.exited_at,
  (epoch_us(v.entered_at) - epoch_us(c.created_at)) / 1e6 AS start_seconds, v.dwell_us / 1e6 AS dwell_seconds,
  v.active_us / 1e6 AS active_seconds,
  CASE WHEN v.stage_kind IN ('active', 'review', 'rework') THEN v.dwell_us - v.active_us ELSE 0 END / 1e6 AS lost_seconds
FROM chosen c
JOIN numbered v ON v.board_uid = c.board_uid AND v.task_id = c.task_id
LEFT JOIN tasks t ON t.board_uid = c.board_uid AND t.task_id = c.task_id
ORDER BY c.chosen_as DESC, c.rank, v.stage;
