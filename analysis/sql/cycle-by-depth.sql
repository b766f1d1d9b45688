-- Cycle duration against depth.
-- Question: does the Chief take longer when there is more on the board?
-- Formula: over at most 1,000 cycles of each Chief, those with the lowest hash: Spearman's rank correlation of duration and
--   depth (tasks waiting + in flight at wake; equal values share their mean rank), and the Theil-Sen slope, the median of
--   (duration difference / depth difference) over all pairs of different depth.
-- Source: docs/analysis.md 20
-- Needs: chief_cycles
WITH sample AS (
  SELECT board_uid, chief_id, sequence_id, depth, cycle_us FROM cycles
  QUALIFY row_number() OVER (PARTITION BY board_uid, chief_id ORDER BY hash(cycle_id), sequence_id) <= 1000
), ranks AS (
  SELECT board_uid, chief_id, sequence_id,
    rank() OVER (PARTITION BY board_uid, chief_id ORDER BY depth) + count(*) OVER (PARTITION BY board_uid, chief_id, depth) / 2 AS depth_rank,
    rank() OVER (PARTITION BY board_uid, chief_id ORDER BY cycle_us) + count(*) OVER (PARTITION BY board_uid, chief_id, cycle_us) / 2 AS cycle_rank
  FROM sample
), correlations AS (
  SELECT board_uid, chief_id, count(*) AS n,
    CASE WHEN min(depth_rank) < max(depth_rank) AND min(cycle_rank) < max(cycle_rank) THEN corr(depth_rank, cycle_rank ORDER BY sequence_id) END AS spearman
  FROM ranks GROUP BY board_uid, chief_id
), slopes AS (
  SELECT a.board_uid, a.chief_id, quantile_cont((b.cycle_us - a.cycle_us) / (b.depth - a.depth), 0.5) AS slope_us
  FROM sample a JOIN sample b ON b.board_uid = a.board_uid AND b.chief_id = a.chief_id AND b.depth > a.depth
  GROUP BY a.board_uid, a.chief_id
), depths AS (
  SELECT board_uid, chief_id, count(*) AS cycles, min(depth) AS min_depth, max(depth) AS max_depth FROM cycles GROUP BY board_uid, chief_id
)
SELECT d.board_uid, d.chief_id, d.cycles, c.n, d.min_depth, d.max_depth, c.spearman, s.slope_us / 1e6 AS slope_seconds_per_task
FROM depths d
JOIN correlations c ON c.board_uid = d.board_uid AND c.chief_id = d.chief_id
LEFT JOIN slopes s ON s.board_uid = d.board_uid AND s.chief_id = d.chief_id
ORDER BY d.chief_id, d.board_uid;
