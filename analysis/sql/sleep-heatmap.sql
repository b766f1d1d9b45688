-- Sleeps by length and time, for a picture.
-- Question: when did the Chief sleep long, and when was it woken at once?
-- Formula: count of sleeps by the time bucket they ended in (at most about 200 a log, of a round duration) and their length
--   as in sleep_distribution; a bucket's cycles, and the median of all its sleeps, are the same in each of its rows.
-- Source: docs/analysis.md 17
-- Needs: chief_cycles
WITH placed AS (
  SELECT board_uid, chief_id, sleep_us, step_us, bucket_of(woke_us, step_us) AS bucket FROM cycles, bucket_step
), buckets AS (
  SELECT board_uid, chief_id, step_us, bucket, count(*) AS cycles, quantile_cont(sleep_us, 0.5) AS p50_us
  FROM placed GROUP BY ALL
), cells AS (
  SELECT s.board_uid, s.chief_id, s.bucket, l.lower_us, l.upper_us, count(*) AS sleeps
  FROM (FROM placed WHERE sleep_us IS NOT NULL) s ASOF JOIN sleep_lengths l ON l.lower_us <= greatest(s.sleep_us, 0)
  GROUP BY ALL
)
SELECT b.board_uid, b.chief_id, bucket_start(b.bucket, b.step_us) AS started_at, bucket_start(b.bucket + 1, b.step_us) AS ended_at,
  c.lower_us / 1e6 AS lower_seconds, c.upper_us / 1e6 AS upper_seconds, c.sleeps,
  b.cycles AS bucket_cycles, b.p50_us / 1e6 AS bucket_p50_seconds
FROM cells c JOIN buckets b ON b.board_uid = c.board_uid AND b.chief_id = c.chief_id AND b.bucket = c.bucket
ORDER BY b.chief_id, b.board_uid, b.bucket, c.lower_us;
