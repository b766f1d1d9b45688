-- Bottlenecks.
-- Question: where do tasks wait most, why, and what would less waiting there be worth?
-- Formula: score = 100 * wait in the stage / elapsed of all finished tasks (contributions: at most 100 in all). A stage is
--   a wait status and the capability its tasks wait for (from the profile's routes; null where there is no route, or none is needed).
--   arrivals and departures count every visit; p25 and p95 the closed ones. busy_share = time the agents that have the capability
--   were busy / the time they were known, to the log's end; one that is OFFLINE until it was last seen.
--   is_bottleneck: the top score, and more arrivals than departures or busy_share >= 0.85.
--   mean_elapsed_if_p25_seconds: mean elapsed had each wait here that was longer than its p25 lasted that long.
--   main_cause: what held every visit here for most of the time (wait-causes.sql), and its share; null in a log without agents.
-- Source: docs/analysis.md 8
-- Needs: events
WITH loads AS (
  SELECT capability, sum(busy_us) / nullif(sum(known_us), 0) AS busy_share FROM capability_loads GROUP BY capability
), causes AS (
  SELECT status, capability, sum(wait_us) AS wait_us, sum(draining_us) AS draining_us, sum(no_agent_us) AS no_agent_us, sum(contention_us) AS contention_us,
    sum(chief_cycle_us) AS chief_cycle_us, sum(chief_sleep_us) AS chief_sleep_us, sum(other_us) AS other_us
  FROM wait_sums WHERE EXISTS (FROM agents) GROUP BY status, capability
), totals AS (
  SELECT sum(elapsed_us) AS elapsed_us, count(*) AS tasks FROM task_times WHERE finished_at IS NOT NULL
), scored AS (
  SELECT c.status, c.capability, 100 * c.wait_us / nullif(t.elapsed_us, 0) AS score,
    c.wait_us / 1e6 AS wait_seconds, c.arrivals, c.departures, c.arrivals / nullif(c.departures, 0) AS arrivals_per_departure,
    c.p95_us / 1e6 AS p95_seconds, c.p25_us / 1e6 AS p25_seconds, l.busy_share,
    t.elapsed_us / nullif(t.tasks, 0) / 1e6 AS mean_elapsed_seconds,
    (t.elapsed_us - c.above_p25_us) / nullif(t.tasks, 0) / 1e6 AS mean_elapsed_if_p25_seconds
  FROM wait_contributions c
  CROSS JOIN totals t
  LEFT JOIN loads l ON l.capability = c.capability
)
SELECT s.*, s.score IS NOT NULL AND s.score > 0 AND rank() OVER (ORDER BY s.score DESC NULLS LAST) = 1
    AND (s.arrivals > s.departures OR coalesce(s.busy_share >= 0.85, false)) AS is_bottleneck,
  main_cause(a) AS main_cause, main_cause_us(a) / nullif(a.wait_us, 0) AS main_cause_share
FROM scored s LEFT JOIN causes a ON a.status = s.status AND a.capability IS NOT DISTINCT FROM s.capability
ORDER BY s.score DESC NULLS LAST, s.status, s.capability;
