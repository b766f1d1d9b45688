-- Arrivals, departures and tasks in the system over time.
-- Question: how much came and left, and how much was there, in each stretch of the log?
-- Formula: tasks by the bucket of their post (arrivals) and of their first finish (departures); wip = arrivals - departures
--   so far: the tasks in the system at the bucket's end. At most 200 buckets of a round length (views-flow.sql).
-- Source: docs/analysis.md 7
-- Needs: events
WITH changes AS (
  SELECT bucket_of(arrived_us, step_us) AS bucket, count(*) AS arrivals, 0 AS departures FROM task_flows, bucket_step GROUP BY 1
  UNION ALL
  SELECT bucket_of(left_us, step_us), 0, count(*) FROM task_flows, bucket_step WHERE left_us IS NOT NULL GROUP BY 1
), counted AS (
  SELECT bucket, CAST(sum(arrivals) AS BIGINT) AS arrivals, CAST(sum(departures) AS BIGINT) AS departures
  FROM changes GROUP BY bucket
)
SELECT b.bucket_at, b.bucket_seconds, coalesce(c.arrivals, 0) AS arrivals, coalesce(c.departures, 0) AS departures,
  CAST(sum(coalesce(c.arrivals, 0) - coalesce(c.departures, 0)) OVER (ORDER BY b.bucket) AS BIGINT) AS wip
FROM buckets b LEFT JOIN counted c ON c.bucket = b.bucket ORDER BY b.bucket_at;
