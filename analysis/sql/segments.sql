-- Segments: each step of each task.
-- Question: how long did this task take from one status to the next?
-- Formula: a row a closed stage: a = its status, b = the status its closing event entered, seconds = the dwell in a. As long
--   as the log, so asked for by name only; directly-follows.sql sums them up.
-- Source: docs/analysis.md 11
-- Needs: events
SELECT board_uid, task_id, task_type, status AS a, next_status AS b, edge_out AS edge,
  entered_at AS started_at, exited_at AS ended_at, dwell_us / 1e6 AS seconds, exited_sequence_id AS sequence_id
FROM closed_stages ORDER BY board_uid, task_id, exited_sequence_id;
