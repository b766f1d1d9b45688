-- Wait causes.
-- Question: what held waiting tasks, and how much of it was the Chief?
-- Formula: at each instant of a wait the first of these that is true: draining (the Chief hands out no new work), no_agent (none with the
--   capability is known), contention (all of them are busy), chief_cycle (one is idle, and the Chief is in a cycle), chief_sleep (one is
--   idle, and the Chief sleeps), other. They sum to the wait exactly. chief_share = (chief_cycle + chief_sleep) / wait. inversions: waits
--   in which a task that ranks lower went first; inversion_seconds from then on. The row without a task_type is all of them.
-- Source: docs/analysis.md 9
-- Needs: events, tasks, agents, profiles
WITH sums AS (
  SELECT task_type, status, capability, sum(waits) AS waits, sum(open_waits) AS open_waits, sum(wait_us) AS wait_us,
    sum(draining_us) AS draining_us, sum(no_agent_us) AS no_agent_us, sum(contention_us) AS contention_us,
    sum(chief_cycle_us) AS chief_cycle_us, sum(chief_sleep_us) AS chief_sleep_us, sum(other_us) AS other_us
  FROM wait_sums GROUP BY GROUPING SETS ((status, capability), (task_type, status, capability))
), inverted AS (
  SELECT task_type, status, capability, count(*) AS inversions, sum(inversion_us) AS inversion_us
  FROM wait_inversions GROUP BY GROUPING SETS ((status, capability), (task_type, status, capability))
)
SELECT s.task_type, s.status, s.capability, s.waits, s.open_waits, s.wait_us / 1e6 AS wait_seconds, s.draining_us / 1e6 AS draining_seconds,
  s.no_agent_us / 1e6 AS no_agent_seconds, s.contention_us / 1e6 AS contention_seconds, s.chief_cycle_us / 1e6 AS chief_cycle_seconds,
  s.chief_sleep_us / 1e6 AS chief_sleep_seconds, s.other_us / 1e6 AS other_seconds,
  (s.chief_cycle_us + s.chief_sleep_us) / nullif(s.wait_us, 0) AS chief_share, main_cause(s) AS main_cause,
  coalesce(i.inversions, 0) AS inversions, coalesce(i.inversion_us, 0) / 1e6 AS inversion_seconds
FROM sums s
LEFT JOIN inverted i ON i.task_type IS NOT DISTINCT FROM s.task_type AND i.status = s.status AND i.capability IS NOT DISTINCT FROM s.capability
ORDER BY s.task_type NULLS FIRST, s.wait_us DESC, s.status, s.capability;
