-- The longest noop streaks of each Chief.
-- Question: when was the Chief woken again and again for nothing, and by what?
-- Formula: a streak is the noops (as in noop_rate) between one acting cycle and the next; empties and errors between neither
--   count nor break it. It is open while no cycle has acted since. The twenty with most noops.
-- Source: docs/analysis.md 18
-- Needs: chief_cycles
SELECT board_uid, chief_id,
  row_number() OVER (PARTITION BY board_uid, chief_id ORDER BY cycles DESC, first_sequence_id) AS rank,
  started_at, ended_at, cycles, cycle_us / 1e6 AS seconds, worker_cycles, board_event_cycles, is_open
FROM streaks QUALIFY rank <= 20 ORDER BY chief_id, board_uid, rank;
