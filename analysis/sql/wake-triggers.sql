-- Wake triggers of each Chief.
-- Question: what wakes the Chief, and was it worth it?
-- Formula: share = wakes by the trigger / all its cycles; actions_per_wake; yield = share of these wakes that acted;
--   coalesced_wakes = further wakes that arrived meanwhile and were answered by the same cycle.
-- Source: docs/analysis.md 19
-- Needs: chief_cycles
SELECT board_uid, chief_id, "trigger", count(*) AS wakes,
  count(*) / sum(count(*)) OVER (PARTITION BY board_uid, chief_id) AS share,
  sum(actions_taken) AS actions, sum(actions_taken) / count(*) AS actions_per_wake,
  count(*) FILTER (actions_taken > 0) / count(*) AS yield,
  sum(coalesced_wakes) AS coalesced_wakes, avg(cycle_us) / 1e6 AS mean_cycle_seconds
FROM cycles GROUP BY board_uid, chief_id, "trigger" ORDER BY chief_id, board_uid, wakes DESC, "trigger";
