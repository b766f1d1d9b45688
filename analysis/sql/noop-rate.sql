-- Noop rate of each Chief.
-- Question: how many wakes were signal noise?
-- Formula: a noop is a reactive cycle (worker, board_event) without an action or an error; noop_rate = noops / reactive
--   cycles. An empty is the same for other triggers (seed, ombudsman). longest_streak = most noops with no acting cycle
--   between; noop_seconds = time they took.
-- Source: docs/analysis.md 18
-- Needs: chief_cycles
WITH cycles AS (
  SELECT board_uid, chief_id, sequence_id, epoch_us(slept_at) - epoch_us(woke_at) AS cycle_us, actions_taken, error,
    "trigger" IN ('worker', 'board_event') AS is_reactive,
    actions_taken = 0 AND error IS NULL AS is_idle
  FROM chief_cycles
), runs AS (
  SELECT *, sum(CASE WHEN actions_taken > 0 THEN 1 ELSE 0 END) OVER (PARTITION BY board_uid, chief_id ORDER BY sequence_id) AS run
  FROM cycles
), streaks AS (
  SELECT board_uid, chief_id, run, count(*) FILTER (is_reactive AND is_idle) AS streak FROM runs GROUP BY board_uid, chief_id, run
), longest AS (
  SELECT board_uid, chief_id, max(streak) AS longest_streak FROM streaks GROUP BY board_uid, chief_id
), counts AS (
  SELECT board_uid, chief_id, count(*) AS cycles, count(error) AS errors,
    count(*) FILTER (is_reactive) AS reactive_cycles, count(*) FILTER (is_reactive AND is_idle) AS noops,
    count(*) FILTER (NOT is_reactive) AS other_cycles, count(*) FILTER (NOT is_reactive AND is_idle) AS empties,
    sum(cycle_us) FILTER (is_reactive AND is_idle) AS noop_us
  FROM cycles GROUP BY board_uid, chief_id
)
SELECT c.chief_id, c.cycles, c.errors, c.reactive_cycles, c.noops, c.noops / nullif(c.reactive_cycles, 0) AS noop_rate,
  c.other_cycles, c.empties, c.empties / nullif(c.other_cycles, 0) AS empty_rate, l.longest_streak,
  coalesce(c.noop_us, 0) / 1e6 AS noop_seconds
FROM counts c JOIN longest l ON l.board_uid = c.board_uid AND l.chief_id = c.chief_id
ORDER BY c.chief_id, c.board_uid;
