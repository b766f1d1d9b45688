-- Dispatch failure of each Chief.
-- Question: how long did the Chief sleep although it could have handed out work?
-- Formula: a Chief fails while it sleeps, does not drain, and tasks that it could hand out and idle agents with their capability wait for each
--   other: from when that has lasted for the grace (the variable dispatch_grace_seconds, default 1) to its end. stranded_task_seconds: the sum
--   over capabilities of min(dispatchable tasks, idle agents), over that time. sleeping_seconds: all its sleeps, the last one to the log's end.
--   missed_wakes: events that should have woken it (all but heartbeats and Chiefs' own) and that no cycle of its saw within the grace.
-- Source: docs/analysis.md 21
-- Needs: events, agents, profiles, chief_cycles
WITH failures AS (
  SELECT chief, count(*) AS episodes, sum(ended_us - started_us) AS failure_us, sum(task_us) AS task_us, max(ended_us - started_us) AS longest_us
  FROM dispatch_episodes GROUP BY chief
), slept AS (
  SELECT chief, sum(until_us - from_us) AS sleep_us FROM chief_states WHERE state = 'sleep' GROUP BY chief
), missed AS (
  SELECT chief, count(*) AS missed_wakes FROM missed_wakes GROUP BY chief
)
SELECT h.board_uid, h.chief_id, dispatch_grace_us() / 1e6 AS grace_seconds, coalesce(f.episodes, 0) AS episodes,
  coalesce(f.failure_us, 0) / 1e6 AS failure_seconds, coalesce(f.task_us, 0) / 1e6 AS stranded_task_seconds,
  coalesce(f.longest_us, 0) / 1e6 AS longest_seconds, coalesce(s.sleep_us, 0) / 1e6 AS sleeping_seconds,
  coalesce(f.failure_us, 0) / nullif(s.sleep_us, 0) AS failure_share, coalesce(m.missed_wakes, 0) AS missed_wakes
FROM chiefs h
LEFT JOIN failures f ON f.chief = h.chief
LEFT JOIN slept s ON s.chief = h.chief
LEFT JOIN missed m ON m.chief = h.chief
ORDER BY failure_seconds DESC, h.board_uid, h.chief_id;
