-- What one change would be worth.
-- Question: how much shorter would finished tasks have taken, had one place been better?
-- Formula: mean elapsed of finished tasks, less what one change at one place takes off it, all else as it was: wait_at_p25, each wait
--   there that was longer than its p25 had lasted that long; no_contention, an agent had been idle whenever all were busy (the time
--   that its tasks were held by contention is gone); no_chief_latency, the Chief had handed out at once (chief_cycle and chief_sleep
--   are gone). The twenty that are worth most.
-- Source: docs/analysis.md 8
-- Needs: events, agents, profiles
WITH totals AS (
  SELECT sum(elapsed_us) AS elapsed_us, count(*) AS tasks FROM task_times WHERE finished_at IS NOT NULL
), sums AS (
  SELECT status, capability, sum(contention_us) AS contention_us, sum(chief_cycle_us + chief_sleep_us) AS chief_us
  FROM wait_sums WHERE in_elapsed GROUP BY status, capability
), savings AS (
  SELECT 'wait_at_p25' AS scenario, status, capability, above_p25_us AS saved_us FROM wait_contributions
  UNION ALL
  SELECT 'no_contention', status, capability, contention_us FROM sums
  UNION ALL
  SELECT 'no_chief_latency', status, capability, chief_us FROM sums
)
SELECT s.scenario, s.status, s.capability, t.elapsed_us / t.tasks / 1e6 AS mean_elapsed_seconds,
  (t.elapsed_us - s.saved_us) / t.tasks / 1e6 AS mean_elapsed_if_seconds, s.saved_us / t.tasks / 1e6 AS saved_seconds,
  s.saved_us / nullif(t.elapsed_us, 0) AS saved_share
FROM savings s, totals t WHERE s.saved_us > 0 AND t.tasks > 0
ORDER BY s.saved_us DESC, s.scenario, s.status, s.capability LIMIT 20;
