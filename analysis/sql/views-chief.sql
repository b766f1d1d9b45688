-- Views of the Chief's time, which its analyses stand on (docs/analysis.md, The Chief). Loaded after views-log.sql.

-- A cycle with what came of it: 'error' failed, 'acted' did something, 'noop' woke for news that needed nothing, 'empty' the
-- rest. It thinks, then acts until it sleeps. sleep_us: the sleep before it, null where it was started. depth: tasks waiting
-- and in flight as it woke.
CREATE OR REPLACE VIEW cycles AS
WITH timed AS (
  SELECT *, epoch_us(woke_at) AS woke_us, epoch_us(slept_at) - epoch_us(woke_at) AS cycle_us
  FROM chief_cycles WHERE slept_at <= cut_off()
)
SELECT board_uid, chief_id, cycle_id, sequence_id, "trigger", previous_slept_at, woke_at, slept_at, woke_us,
  woke_us - epoch_us(previous_slept_at) AS sleep_us, cycle_us,
  least(thinking_us, cycle_us) AS thinking_us, cycle_us - least(thinking_us, cycle_us) AS acting_us,
  actions_taken, coalesced_wakes, waiting + in_flight AS depth, "trigger" IN ('worker', 'board_event') AS is_reactive,
  CASE
    WHEN error IS NOT NULL THEN 'error'
    WHEN actions_taken > 0 THEN 'acted'
    WHEN "trigger" IN ('worker', 'board_event') THEN 'noop'
    ELSE 'empty'
  END AS result
FROM timed;

-- Each Chief's life: from its first wake to its last falling asleep.
CREATE OR REPLACE VIEW chief_lives AS
SELECT board_uid, chief_id, count(*) AS cycles, min(woke_at) AS first_woke_at, max(slept_at) AS last_slept_at,
  epoch_us(min(woke_at)) AS first_us, epoch_us(max(slept_at)) AS last_us
FROM cycles GROUP BY board_uid, chief_id;

-- Noops with no acting cycle between: empties and errors between neither count nor end a streak, and it is open while no
-- cycle has acted since. (A count with FILTER would be quadratic as a window.)
CREATE OR REPLACE VIEW streaks AS
WITH runs AS (
  SELECT *, count(CASE WHEN actions_taken > 0 THEN 1 END) OVER (
    PARTITION BY board_uid, chief_id ORDER BY sequence_id ROWS UNBOUNDED PRECEDING) AS run
  FROM cycles
), latest AS (
  SELECT board_uid, chief_id, max(run) AS run FROM runs GROUP BY board_uid, chief_id
)
SELECT r.board_uid, r.chief_id, min(r.sequence_id) AS first_sequence_id, min(r.woke_at) AS started_at, max(r.slept_at) AS ended_at,
  count(*) AS cycles, sum(r.cycle_us) AS cycle_us, count(*) FILTER (r."trigger" = 'worker') AS worker_cycles,
  count(*) FILTER (r."trigger" = 'board_event') AS board_event_cycles, r.run = any_value(l.run) AS is_open
FROM runs r JOIN latest l ON l.board_uid = r.board_uid AND l.chief_id = r.chief_id
WHERE r.result = 'noop' GROUP BY r.board_uid, r.chief_id, r.run;

-- Lengths of sleep by 1, 2, 5, 10, … from a millisecond to half a million seconds; the first begins at 0, the last is open.
CREATE OR REPLACE VIEW sleep_lengths AS
WITH bounds AS (
  SELECT 0 AS lower_us
  UNION ALL
  SELECT CAST(factor * 10 ** exponent AS BIGINT) FROM (VALUES (1), (2), (5)) f(factor), range(3, 12) e(exponent)
)
SELECT lower_us, lead(lower_us) OVER (ORDER BY lower_us) AS upper_us FROM bounds;

-- A Chief's life from its first wake, cut into whole windows of one round length: at most 200, of ten cycles or more on the
-- average. Its rhythm is measured by these. A window in which no sleep ended has the length of the one that lasted through it.
CREATE OR REPLACE VIEW chief_windows AS
WITH grids AS (
  SELECT *, round_step_us(last_us - first_us, greatest(1, least(200, cycles // 10))) AS window_us FROM chief_lives
), windows AS (
  SELECT board_uid, chief_id, first_us, window_us, unnest(range((last_us - first_us) // window_us)) AS number FROM grids
), found AS (
  SELECT c.board_uid, c.chief_id, (c.woke_us - g.first_us) // g.window_us AS number, count(*) AS cycles,
    count(*) FILTER (c.is_reactive) AS reactive_cycles, count(*) FILTER (c.result = 'noop') AS noops,
    quantile_cont(c.sleep_us, 0.5) AS median_sleep_us, quantile_cont(c.cycle_us, 0.95) AS cycle_p95_us
  FROM cycles c JOIN grids g ON g.board_uid = c.board_uid AND g.chief_id = c.chief_id
  GROUP BY ALL
), slept AS (
  SELECT board_uid, chief_id, woke_us, sleep_us FROM cycles WHERE sleep_us > 0
)
SELECT w.board_uid, w.chief_id, w.number, w.window_us, w.first_us + w.number * w.window_us AS started_us,
  coalesce(f.cycles, 0) AS cycles, f.noops / nullif(f.reactive_cycles, 0) AS noop_rate, f.cycle_p95_us,
  coalesce(f.median_sleep_us, CASE WHEN s.woke_us - s.sleep_us <= w.first_us + w.number * w.window_us THEN s.sleep_us END) AS median_sleep_us
FROM windows w
LEFT JOIN found f ON f.board_uid = w.board_uid AND f.chief_id = w.chief_id AND f.number = w.number
ASOF LEFT JOIN slept s ON s.board_uid = w.board_uid AND s.chief_id = w.chief_id
  AND s.woke_us >= w.first_us + (w.number + 1) * w.window_us;

-- (s - m) / (s + m) of whole numbers, s the population standard deviation and m the mean: from exact sums, since sums of
-- fractions hang on the order of the rows, which differs between a board and its export.
CREATE OR REPLACE MACRO burstiness_of(n, total, squares) AS
  (sqrt(n * squares - total * total) - total) / nullif(sqrt(n * squares - total * total) + total, 0);

-- A length of time for people.
CREATE OR REPLACE MACRO duration_text(seconds) AS CASE
  WHEN seconds < 1 THEN printf('%.0f ms', seconds * 1000)
  WHEN seconds < 120 THEN printf('%.1f s', seconds)
  WHEN seconds < 7200 THEN printf('%.1f min', seconds / 60)
  WHEN seconds < 172800 THEN printf('%.1f h', seconds / 3600)
  ELSE printf('%.1f days', seconds / 86400)
END;
