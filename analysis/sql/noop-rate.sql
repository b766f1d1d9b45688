-- Noop rate of each Chief.
-- Question: how many wakes were signal noise, and what did they cost?
-- Formula: a noop is a reactive cycle (worker, board_event) without an action or an error; noop_rate = noops / reactive
--   cycles. An empty is the same for other triggers (seed, ombudsman). longest_streak = most noops with no acting cycle
--   between; noop_seconds = time they took, noop_time_share = that / time of all cycles.
-- Source: docs/analysis.md 18
-- Needs: chief_cycles
WITH longest AS (
  SELECT board_uid, chief_id, max(cycles) AS longest_streak FROM streaks GROUP BY board_uid, chief_id
), counts AS (
  SELECT board_uid, chief_id, count(*) AS cycles, count(*) FILTER (result = 'error') AS errors,
    count(*) FILTER (is_reactive) AS reactive_cycles, count(*) FILTER (result = 'noop') AS noops,
    count(*) FILTER (NOT is_reactive) AS other_cycles, count(*) FILTER (result = 'empty') AS empties,
    coalesce(sum(cycle_us) FILTER (result = 'noop'), 0) AS noop_us, sum(cycle_us) AS cycle_us
  FROM cycles GROUP BY board_uid, chief_id
)
SELECT c.board_uid, c.chief_id, c.cycles, c.errors, c.reactive_cycles, c.noops, c.noops / nullif(c.reactive_cycles, 0) AS noop_rate,
  c.other_cycles, c.empties, c.empties / nullif(c.other_cycles, 0) AS empty_rate, coalesce(l.longest_streak, 0) AS longest_streak,
  c.noop_us / 1e6 AS noop_seconds, c.noop_us / nullif(c.cycle_us, 0) AS noop_time_share
FROM counts c LEFT JOIN longest l ON l.board_uid = c.board_uid AND l.chief_id = c.chief_id
ORDER BY c.chief_id, c.board_uid;
