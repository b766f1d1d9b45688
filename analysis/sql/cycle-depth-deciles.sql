-- Cycle duration by tenths of depth.
-- Question: how long do cycles take when the board is shallow, and when it is deep?
-- Formula: a Chief's cycles ordered by depth (tasks waiting + in flight at wake), cut into ten parts of equal number; p50 and
--   p95 of their duration by linear interpolation. Cycles of equal depth are ordered by sequence_id.
-- Source: docs/analysis.md 20
-- Needs: chief_cycles
WITH placed AS (
  SELECT board_uid, chief_id, depth, cycle_us,
    ntile(10) OVER (PARTITION BY board_uid, chief_id ORDER BY depth, sequence_id) AS decile
  FROM cycles
)
SELECT board_uid, chief_id, decile, count(*) AS cycles, min(depth) AS min_depth, max(depth) AS max_depth,
  quantile_cont(cycle_us, 0.5) / 1e6 AS p50_seconds, quantile_cont(cycle_us, 0.95) / 1e6 AS p95_seconds
FROM placed GROUP BY board_uid, chief_id, decile ORDER BY chief_id, board_uid, decile;
