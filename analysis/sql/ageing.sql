-- Ageing work, and when it will finish.
-- Question: which open tasks are older than their like ever get, and when may one expect them?
-- Formula: age = time in the present stage until the log's end (variable now), against p50, p85 and p95 of the closed visits of
--   the same stage and type; the 200 tasks with the largest age / p95. The estimate: of finished tasks' visits to that stage
--   that lasted at least as long as this age, the time that then remained to the first finish, its median and the interval
--   that holds the middle 80 %; a stage and type with more than 10,000 visits is sampled by hash. It is withheld with fewer
--   than 20 such visits, and where the board's window is not stationary (littles-law.sql): there the past says little.
-- Source: docs/analysis.md 15
-- Needs: events
WITH listed AS (
  SELECT * FROM open_ages ORDER BY lateness DESC NULLS LAST, age_us DESC, task_id, board_uid LIMIT 200
), places AS (
  SELECT task_type, status, stage_kind, CAST(any_value(visits) // 10000 + 1 AS UBIGINT) AS one_in FROM listed GROUP BY ALL
), sampled AS (
  SELECT v.*
  FROM stage_visits v JOIN places p ON p.task_type = v.task_type AND p.status = v.status AND p.stage_kind = v.stage_kind
  WHERE v.exited_us IS NOT NULL AND hash(v.entered_sequence_id) % p.one_in = 0
), history AS (
  SELECT s.task_type, s.status, s.stage_kind, s.dwell_us, f.left_us - s.entered_us AS to_finish_us
  FROM sampled s JOIN task_flows f ON f.board_uid = s.board_uid AND f.task_id = s.task_id
  WHERE f.left_us IS NOT NULL
), remaining AS (
  SELECT l.board_uid, l.task_id, count(*) AS samples, quantile_cont(h.to_finish_us - l.age_us, [0.1, 0.5, 0.9]) AS quantiles
  FROM listed l
  JOIN history h ON h.task_type = l.task_type AND h.status = l.status AND h.stage_kind = l.stage_kind AND h.dwell_us >= l.age_us
  GROUP BY l.board_uid, l.task_id
), judged AS (
  SELECT l.*, coalesce(r.samples, 0) AS samples, r.quantiles, f.arrived_us,
    CASE WHEN abs(b.gap) > 0.1 THEN 'not_stationary' WHEN coalesce(r.samples, 0) < 20 THEN 'few_samples' END AS withheld
  FROM listed l
  JOIN task_flows f ON f.board_uid = l.board_uid AND f.task_id = l.task_id
  JOIN flow_balances b ON b.board_uid = l.board_uid
  LEFT JOIN remaining r ON r.board_uid = l.board_uid AND r.task_id = l.task_id
), shown AS (
  SELECT *, CASE WHEN withheld IS NULL THEN quantiles END AS estimate FROM judged
)
SELECT board_uid, task_id, task_type, status, stage_kind, assigned_to, entered_at, age_us / 1e6 AS age_seconds,
  (last_us - arrived_us) / 1e6 AS total_age_seconds,
  p50_us / 1e6 AS p50_seconds, p85_us / 1e6 AS p85_seconds, p95_us / 1e6 AS p95_seconds,
  CASE
    WHEN age_us <= p50_us THEN 'up_to_p50' WHEN age_us <= p85_us THEN 'p50_to_p85' WHEN age_us <= p95_us THEN 'p85_to_p95'
    WHEN age_us > p95_us THEN 'past_p95'
  END AS band,
  age_us / nullif(p95_us, 0) AS age_to_p95, samples,
  estimate[1] / 1e6 AS remaining_p10_seconds, estimate[2] / 1e6 AS remaining_p50_seconds, estimate[3] / 1e6 AS remaining_p90_seconds,
  make_timestamp(last_us + CAST(round(estimate[2]) AS BIGINT)) AS expected_finish_at, withheld
FROM shown ORDER BY lateness DESC NULLS LAST, age_us DESC, task_id, board_uid;
