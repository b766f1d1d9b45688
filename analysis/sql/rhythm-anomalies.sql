-- Rhythm anomalies.
-- Question: when did a Chief not behave as it usually does, and since when?
-- Formula: for median sleep, noop rate and p95 of cycles in each of the Chief's windows (chief_windows): baseline = median over
--   all windows, z = (value - baseline) / (1.4826 * median absolute deviation); where that deviation is 0, 1.2533 * the mean
--   absolute deviation stands for it. Windows in a row with |z| > 3 on one side are one episode, whose extreme is the value
--   farthest from the baseline. Under ten windows there is no baseline. The fifty with the highest |z|.
-- Source: docs/analysis.md 25
-- Needs: chief_cycles
WITH measured AS (
  SELECT board_uid, chief_id, number, window_us, started_us, 'median_sleep' AS measure, 1 AS place, median_sleep_us / 1e6 AS value FROM chief_windows
  UNION ALL
  SELECT board_uid, chief_id, number, window_us, started_us, 'noop_rate', 2, noop_rate FROM chief_windows
  UNION ALL
  SELECT board_uid, chief_id, number, window_us, started_us, 'cycle_p95', 3, cycle_p95_us / 1e6 FROM chief_windows
), baselines AS (
  SELECT board_uid, chief_id, measure, median(value) AS baseline, max(number) AS last_number
  FROM measured WHERE value IS NOT NULL GROUP BY board_uid, chief_id, measure HAVING count(*) >= 10
), centred AS (
  SELECT m.*, b.baseline, b.last_number, m.value - b.baseline AS distance
  FROM measured m JOIN baselines b ON b.board_uid = m.board_uid AND b.chief_id = m.chief_id AND b.measure = m.measure
  WHERE m.value IS NOT NULL
), scales AS (
  SELECT board_uid, chief_id, measure,
    CASE
      WHEN median(abs(distance)) > 0 THEN 1.4826 * median(abs(distance))
      ELSE 1.2533 * avg(abs(distance) ORDER BY number)
    END AS scale
  FROM centred GROUP BY board_uid, chief_id, measure
), odd AS (
  SELECT c.*, c.distance / s.scale AS z, sign(c.distance) AS side,
    c.number - row_number() OVER (PARTITION BY c.board_uid, c.chief_id, c.measure, sign(c.distance) ORDER BY c.number) AS island
  FROM centred c JOIN scales s ON s.board_uid = c.board_uid AND s.chief_id = c.chief_id AND s.measure = c.measure
  WHERE s.scale > 0 AND abs(c.distance) > 3 * s.scale
)
SELECT board_uid, chief_id, measure, CASE WHEN side > 0 THEN 'above' ELSE 'below' END AS direction,
  make_timestamp(min(started_us)) AS started_at, make_timestamp(max(started_us) + window_us) AS ended_at,
  max(number) = last_number AS is_open, count(*) AS windows, window_us / 1e6 AS window_seconds, baseline,
  arg_max(value, abs(z)) AS extreme, arg_max(z, abs(z)) AS z
FROM odd GROUP BY board_uid, chief_id, measure, place, side, island, window_us, baseline, last_number
QUALIFY row_number() OVER (PARTITION BY board_uid, chief_id ORDER BY abs(arg_max(z, abs(z))) DESC, place, min(number)) <= 50
ORDER BY chief_id, board_uid, started_at, place;
