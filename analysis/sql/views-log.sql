-- Views of the log's time: where it begins and ends, and the buckets of series over it. Loaded after the base views.

-- When each board's log begins and ends: whatever is open is cut there, or at the variable `now` (a TIMESTAMP) if it is set.
CREATE OR REPLACE VIEW log_spans AS
WITH times AS (
  SELECT board_uid, min("timestamp") AS first_at, max("timestamp") AS last_at FROM events GROUP BY board_uid
  UNION ALL
  SELECT board_uid, min(woke_at), max(slept_at) FROM chief_cycles GROUP BY board_uid
  UNION ALL
  SELECT board_uid, min(started_at), max(ended_at) FROM ombudsman_ticks GROUP BY board_uid
)
SELECT board_uid, epoch_us(min(first_at)) AS first_us,
  epoch_us(greatest(min(first_at), coalesce(CAST(getvariable('now') AS TIMESTAMP), max(last_at)))) AS last_us
FROM times GROUP BY board_uid;

-- What came after that has not happened; nothing of a log did unless `now` is set.
CREATE OR REPLACE MACRO cut_off() AS coalesce(CAST(getvariable('now') AS TIMESTAMP), TIMESTAMP 'infinity');

-- The shortest round duration of which at most so many make up a span, both in microseconds.
CREATE OR REPLACE MACRO round_step_us(span_us, most) AS list_filter(
  [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 10e6, 15e6, 30e6, 60e6, 120e6, 300e6, 600e6, 900e6, 1800e6,
    3600e6, 7200e6, 10800e6, 21600e6, 43200e6, 86400e6, 172800e6, 604800e6, 1209600e6, 2419200e6, 31449600e6, 31449600e7]::BIGINT[],
  lambda step: step * most >= span_us)[1];

-- Buckets of time for series over the whole log: at most 200, of one round length. Each begins at a round time in UTC, a
-- week on a Monday, since they are counted from the year 1, which began on one.
CREATE OR REPLACE MACRO bucket_of(instant_us, step_us) AS (instant_us + 62135596800000000) // step_us;
CREATE OR REPLACE MACRO bucket_start(bucket, step_us) AS make_timestamp(bucket * step_us - 62135596800000000);

CREATE OR REPLACE VIEW bucket_step AS
SELECT min(first_us) AS first_us, max(last_us) AS last_us, round_step_us(max(last_us) - min(first_us), 199) AS step_us FROM log_spans;
