-- Inversions.
-- Question: where do tasks that rank lower go first?
-- Formula: a wait is passed over from the first moment at which another task of its status and capability that ranks lower (by priority, then
--   created_at) is moved along its route to an agent; inversion_seconds from then to the end of the wait. inversion_share = such waits / waits.
-- Source: docs/analysis.md 9
-- Needs: events, tasks, profiles
WITH passed_over AS (
  SELECT status, capability, count(*) AS inversions, sum(inversion_us) AS inversion_us, max(inversion_us) AS max_us
  FROM wait_inversions GROUP BY status, capability
), ranked AS (
  SELECT status, capability, task_id, row_number() OVER (PARTITION BY status, capability ORDER BY inversion_us DESC, task_id, entered_sequence_id) AS rank
  FROM wait_inversions QUALIFY rank <= 3
), worst AS (
  SELECT status, capability, list(task_id ORDER BY rank) AS task_ids FROM ranked GROUP BY status, capability
)
SELECT p.status, p.capability, c.arrivals AS waits, p.inversions, p.inversions / c.arrivals AS inversion_share,
  p.inversion_us / 1e6 AS inversion_seconds, p.max_us / 1e6 AS max_seconds, w.task_ids AS worst_task_ids
FROM passed_over p
JOIN worst w ON w.status = p.status AND w.capability = p.capability
JOIN wait_contributions c ON c.status = p.status AND c.capability = p.capability
ORDER BY p.inversion_us DESC, p.status, p.capability;
