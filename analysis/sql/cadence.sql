-- Cadence.
-- Question: has this Chief a recognisable cadence?
-- Formula: of at least 20 sleeps. regular: nine in ten lie within a factor four (spread = p95 / p5 <= 4) and the median sleep
--   of at least 80 % of its windows (chief_windows) within a factor two of the median of all. Otherwise bursts: burstiness
--   (sleep_study) above 0.3; else drifting: the first without the second; else random. Only regular is a cadence.
-- Source: docs/analysis.md 25
-- Needs: chief_cycles
WITH slept AS (
  SELECT board_uid, chief_id, count(*) AS sleeps, quantile_cont(sleep_us, [0.05, 0.5, 0.95]) AS q,
    burstiness_of(count(*), sum(sleep_us), sum(CAST(sleep_us AS HUGEINT) * sleep_us)) AS burstiness
  FROM cycles WHERE sleep_us IS NOT NULL GROUP BY board_uid, chief_id
), steady AS (
  SELECT w.board_uid, w.chief_id, count(*) AS windows, any_value(w.window_us) AS window_us,
    count(*) FILTER (w.median_sleep_us BETWEEN s.q[2] / 2 AND s.q[2] * 2) / count(*) AS steady_share
  FROM chief_windows w JOIN slept s ON s.board_uid = w.board_uid AND s.chief_id = w.chief_id
  WHERE w.median_sleep_us IS NOT NULL GROUP BY w.board_uid, w.chief_id
), figures AS (
  SELECT l.board_uid, l.chief_id, coalesce(s.sleeps, 0) AS sleeps, s.q[1] / 1e6 AS p5_seconds, s.q[2] / 1e6 AS p50_seconds,
    s.q[3] / 1e6 AS p95_seconds, s.q[3] / nullif(s.q[1], 0) AS spread, s.burstiness, coalesce(t.windows, 0) AS windows,
    t.window_us / 1e6 AS window_seconds, t.steady_share
  FROM chief_lives l
  LEFT JOIN slept s ON s.board_uid = l.board_uid AND s.chief_id = l.chief_id
  LEFT JOIN steady t ON t.board_uid = l.board_uid AND t.chief_id = l.chief_id
), judged AS (
  SELECT *,
    CASE
      WHEN sleeps < 20 THEN 'too_few'
      WHEN spread <= 4 AND coalesce(steady_share, 1) >= 0.8 THEN 'regular'
      WHEN burstiness > 0.3 THEN 'bursts'
      WHEN spread <= 4 THEN 'drifting'
      ELSE 'random'
    END AS verdict
  FROM figures
)
SELECT board_uid, chief_id, CASE WHEN verdict <> 'too_few' THEN verdict = 'regular' END AS has_cadence, verdict, sleeps,
  p5_seconds, p50_seconds, p95_seconds, spread, burstiness, windows, window_seconds, steady_share,
  CASE verdict
    WHEN 'too_few' THEN format('Chief "{}" slept {} times: too few to tell a cadence.', chief_id, sleeps)
    ELSE format('Chief "{}" {} {} (nine in ten of its {:,} sleeps last {} to {}{}).', chief_id,
      CASE verdict
        WHEN 'regular' THEN 'has a cadence: it sleeps for about'
        WHEN 'drifting' THEN 'has no one cadence, its rhythm drifts: over the whole log it sleeps for about'
        WHEN 'bursts' THEN 'has no cadence, it wakes in bursts: its middle sleep lasts'
        ELSE 'has no cadence, it wakes at random: its middle sleep lasts'
      END,
      duration_text(p50_seconds), sleeps, duration_text(p5_seconds), duration_text(p95_seconds),
      coalesce(format('; {:.0f} % of {} windows keep near it', 100 * steady_share, windows), ''))
  END AS sentence
FROM judged ORDER BY chief_id, board_uid;
