-- The flight plans to look at first.
-- Question: which tasks had the roughest way?
-- Formula: flight_plans in the order most revised, most often stale, slowest; the first twenty.
-- Source: docs/analysis.md 5
-- Needs: events, tasks
SELECT board_uid, task_id, task_type, label, priority, status, created_at, terminal_at, revisions, stale_count, reassignments,
  elapsed_seconds, active_seconds, wait_seconds, lost_seconds, blocked_seconds, censored
FROM flight_plans
ORDER BY revisions DESC, stale_count DESC, elapsed_seconds DESC NULLS LAST, task_id, board_uid LIMIT 20;
