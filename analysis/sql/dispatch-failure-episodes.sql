-- Episodes of dispatch failure.
-- Question: when did the Chief sleep although it could have handed out work, and what ended it?
-- Formula: an episode is one failure of dispatch-failure.sql, within one sleep. stranded_at: since when work was stranded; started_at: when the
--   grace was over; seconds, stranded_task_seconds and peak are from then on. ended_by: 'wake' or 'draining' (a wake of a Chief that hands out
--   nothing) ended the sleep, 'log_end' the log, else 'cleared': the tasks or the agents went. The hundred with most stranded task-seconds.
-- Source: docs/analysis.md 21
-- Needs: events, agents, profiles, chief_cycles
WITH worst AS (
  FROM dispatch_episodes ORDER BY task_us DESC, chief, started_us LIMIT 100
), named AS (
  SELECT w.chief, w.started_us, list(d.capability ORDER BY d.capability) AS capabilities
  FROM worst w JOIN dispatch_desks d ON d.chief = w.chief AND d.bit < 62 AND (w.desks >> d.bit) % 2 = 1
  GROUP BY w.chief, w.started_us
)
SELECT h.board_uid, h.chief_id, make_timestamp(w.stranded_us) AS stranded_at, make_timestamp(w.started_us) AS started_at,
  make_timestamp(w.ended_us) AS ended_at, (w.ended_us - w.started_us) / 1e6 AS seconds, w.task_us / 1e6 AS stranded_task_seconds, w.peak,
  coalesce(n.capabilities, []) AS capabilities, w.ended_by, w.woken_by
FROM worst w
JOIN chiefs h ON h.chief = w.chief
LEFT JOIN named n ON n.chief = w.chief AND n.started_us = w.started_us
ORDER BY w.task_us DESC, h.board_uid, h.chief_id, w.started_us;
