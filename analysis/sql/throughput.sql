-- Throughput, arrival rate and tasks in the system.
-- Question: how much comes, how much leaves, and how much is there?
-- Formula: arrivals = tasks posted, departures = tasks that first finished, each also by hour of the log's span;
--   wip = arrivals - departures, what is there at the end; mean_wip = time of all tasks in the system / the log's span, exactly;
--   max_wip = the most at the ends of 2,000 equal steps of the span. The row without a task_type is all of them.
-- Source: docs/analysis.md 7
-- Needs: events
WITH span AS (
  SELECT first_us, last_us, last_us - first_us AS span_us, (last_us - first_us) // 2000 + 1 AS step_us FROM bucket_step
), moves AS (
  SELECT task_type, arrived_us AS at_us, 1 AS arrived, 0 AS departed FROM task_flows
  UNION ALL
  SELECT task_type, left_us, 0, 1 FROM task_flows WHERE left_us IS NOT NULL
), steps AS (
  SELECT task_type, (at_us - first_us) // step_us AS step, sum(arrived) AS arrivals, sum(departed) AS departures,
    sum((arrived - departed) * (last_us - at_us)) AS task_us
  FROM moves, span GROUP BY ALL
), scopes AS (
  SELECT task_type, step, sum(arrivals) AS arrivals, sum(departures) AS departures, sum(task_us) AS task_us
  FROM steps GROUP BY GROUPING SETS ((task_type, step), (step))
), levels AS (
  SELECT *, sum(arrivals - departures) OVER (PARTITION BY task_type ORDER BY step) AS level FROM scopes
), totals AS (
  SELECT task_type, CAST(sum(arrivals) AS BIGINT) AS arrivals, CAST(sum(departures) AS BIGINT) AS departures,
    sum(task_us) AS task_us, CAST(max(level) AS BIGINT) AS max_wip
  FROM levels GROUP BY task_type
)
SELECT task_type, arrivals, departures,
  arrivals / nullif(span_us / 3.6e9, 0) AS arrivals_per_hour, departures / nullif(span_us / 3.6e9, 0) AS departures_per_hour,
  arrivals - departures AS wip, task_us / nullif(span_us, 0) AS mean_wip, max_wip
FROM totals, span ORDER BY task_type NULLS FIRST;
