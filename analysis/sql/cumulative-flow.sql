-- Cumulative flow diagram.
-- Question: does work move through at the rate at which it comes, and where does the gap widen?
-- Formula: a line a stage, in the order in which the log first enters them: the tasks that by the bucket's end were in this
--   stage, in a later one, or had finished. So the first line is all arrivals, the last (status null, kind terminal) all
--   departures, and the band below a line is the tasks in its stage (wip-by-stage.sql). Work that is sent back leaves the
--   lines it had crossed, so those may fall.
-- Source: docs/analysis.md 7
-- Needs: events
WITH departures AS (
  SELECT bucket_of(left_us, step_us) AS bucket, count(*) AS departures FROM task_flows, bucket_step WHERE left_us IS NOT NULL GROUP BY 1
), finished AS (
  SELECT b.bucket, b.bucket_at, b.bucket_seconds, sum(coalesce(d.departures, 0)) OVER (ORDER BY b.bucket) AS tasks
  FROM buckets b LEFT JOIN departures d ON d.bucket = b.bucket
), bands AS (
  SELECT bucket_at, bucket_seconds, position, status, stage_kind, wip AS tasks FROM stage_wip
  UNION ALL
  SELECT bucket_at, bucket_seconds, 1 + coalesce((SELECT max(position) FROM stage_wip), 0), NULL, 'terminal', tasks FROM finished
)
SELECT bucket_at, bucket_seconds, position, status, stage_kind,
  CAST(sum(tasks) OVER (PARTITION BY bucket_at ORDER BY position DESC) AS BIGINT) AS tasks
FROM bands ORDER BY bucket_at, position;
