-- Wake triggers.
-- Question: what wakes the Chief, and was it worth it?
-- Formula: share = wakes by the trigger / all cycles; actions_per_wake; yield = share of its wakes that acted;
--   coalesced_wakes = further wakes that arrived meanwhile and were answered by the same cycle.
-- Source: docs/analysis.md 19
-- Needs: chief_cycles
SELECT "trigger", count(*) AS wakes, count(*) / sum(count(*)) OVER () AS share,
  sum(actions_taken) AS actions, sum(actions_taken) / count(*) AS actions_per_wake,
  count(*) FILTER (actions_taken > 0) / count(*) AS yield,
  sum(coalesced_wakes) AS coalesced_wakes,
  avg(epoch_us(slept_at) - epoch_us(woke_at)) / 1e6 AS mean_cycle_seconds
FROM chief_cycles GROUP BY "trigger" ORDER BY wakes DESC, "trigger";
