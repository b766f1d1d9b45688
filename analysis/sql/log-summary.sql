-- What the log holds.
-- Question: how much is there, and from when to when?
-- Formula: counts of events by kind and of tasks by whether they ever finished; first and last time.
-- Source: docs/analysis.md, The log at a glance
-- Needs: events
SELECT count(DISTINCT board_uid) AS boards,
  (SELECT count(*) FROM task_times) AS tasks,
  (SELECT count(finished_at) FROM task_times) AS finished_tasks,
  count(*) AS events, count(edge) AS transitions, count(*) - count(edge) AS heartbeats,
  count(*) FILTER (edge = 'unlinked') AS unlinked_events,
  min("timestamp") AS first_event_at, max("timestamp") AS last_event_at,
  (epoch_us(max("timestamp")) - epoch_us(min("timestamp"))) / 1e6 AS span_seconds
FROM events;
