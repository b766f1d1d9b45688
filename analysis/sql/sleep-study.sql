-- Sleep study of each Chief.
-- Question: how does the Chief sleep, and where does its time go?
-- Formula: sleep z = woke_at - previous_slept_at (none before its first cycle). Burstiness = (s - m) / (s + m) of the
--   sleeps (s population standard deviation, m mean): -1 a clock, 0 random, towards 1 in bursts. Dormancy = sum of
--   sleeps / (sum of sleeps + sum of cycles). short_share = share of sleeps under a second. Life = last slept_at - first
--   woke_at = sleeping + thinking + acting + stopped. open_sleep = the log's end - last slept_at, in no other figure.
-- Source: docs/analysis.md 17
-- Needs: chief_cycles
WITH awake AS (
  SELECT board_uid, chief_id, count(*) - count(sleep_us) AS starts, sum(cycle_us) AS cycle_us,
    sum(thinking_us) AS thinking_us, sum(acting_us) AS acting_us,
    sum(actions_taken) AS actions, count(*) FILTER (result = 'error') AS errors
  FROM cycles GROUP BY board_uid, chief_id
), slept AS (
  SELECT board_uid, chief_id, count(*) AS sleeps, sum(sleep_us) AS sleep_us, avg(sleep_us) AS mean_us,
    burstiness_of(count(*), sum(sleep_us), sum(CAST(sleep_us AS HUGEINT) * sleep_us)) AS burstiness, max(sleep_us) AS max_us,
    count(*) FILTER (sleep_us < 1000000) / nullif(count(*), 0) AS short_share,
    quantile_cont(sleep_us, [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) AS q
  FROM cycles WHERE sleep_us IS NOT NULL GROUP BY board_uid, chief_id
)
SELECT l.board_uid, l.chief_id, l.cycles, a.starts, coalesce(s.sleeps, 0) AS sleeps, a.actions, a.errors,
  l.first_woke_at, l.last_slept_at, (l.last_us - l.first_us) / 1e6 AS life_seconds,
  s.mean_us / 1e6 AS mean_seconds, s.q[1] / 1e6 AS p5_seconds, s.q[2] / 1e6 AS p25_seconds, s.q[3] / 1e6 AS p50_seconds,
  s.q[4] / 1e6 AS p75_seconds, s.q[5] / 1e6 AS p95_seconds, s.q[6] / 1e6 AS p99_seconds, s.max_us / 1e6 AS max_seconds,
  s.short_share, s.burstiness,
  coalesce(s.sleep_us, 0) / nullif(coalesce(s.sleep_us, 0) + a.cycle_us, 0) AS dormancy,
  coalesce(s.sleep_us, 0) / 1e6 AS sleeping_seconds, a.thinking_us / 1e6 AS thinking_seconds, a.acting_us / 1e6 AS acting_seconds,
  greatest(l.last_us - l.first_us - a.cycle_us - coalesce(s.sleep_us, 0), 0) / 1e6 AS stopped_seconds,
  greatest(b.last_us - l.last_us, 0) / 1e6 AS open_sleep_seconds
FROM chief_lives l
JOIN awake a ON a.board_uid = l.board_uid AND a.chief_id = l.chief_id
JOIN log_spans b ON b.board_uid = l.board_uid
LEFT JOIN slept s ON s.board_uid = l.board_uid AND s.chief_id = l.chief_id
ORDER BY l.chief_id, l.board_uid;
