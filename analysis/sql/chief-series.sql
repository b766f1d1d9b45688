-- State timeline of each Chief in buckets, for a picture.
-- Question: how did sleeping, thinking and acting share its time as the log went on?
-- Formula: buckets of a round duration, at most about 200 a log, cut to the Chief's life; time in a state in each, from the
--   running sum of the state's time looked up at both ends. Shares are of the bucket's part of the life; stopped is the rest.
-- Source: docs/analysis.md 17
-- Needs: chief_cycles
WITH numbers AS (
  SELECT l.board_uid, l.chief_id, l.first_us, l.last_us, s.step_us,
    unnest(range(bucket_of(l.first_us, s.step_us), bucket_of(greatest(l.last_us - 1, l.first_us), s.step_us) + 2)) AS bucket
  FROM chief_lives l, bucket_step s
), edges AS (
  SELECT *, epoch_us(bucket_start(bucket, step_us)) AS edge_us FROM numbers
), sums AS (
  SELECT board_uid, chief_id, woke_us - coalesce(sleep_us, 0) AS start_us, woke_us, coalesce(sleep_us, 0) AS sleep_us, thinking_us, acting_us,
    sum(coalesce(sleep_us, 0)) OVER before AS slept_us, sum(thinking_us) OVER before AS thought_us, sum(acting_us) OVER before AS acted_us
  FROM cycles
  WINDOW before AS (PARTITION BY board_uid, chief_id ORDER BY sequence_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), at_edges AS (
  SELECT e.*,
    coalesce(s.slept_us, 0) + least(e.edge_us - s.start_us, s.sleep_us) AS slept_us,
    coalesce(s.thought_us, 0) + least(greatest(e.edge_us - s.woke_us, 0), s.thinking_us) AS thought_us,
    coalesce(s.acted_us, 0) + least(greatest(e.edge_us - s.woke_us - s.thinking_us, 0), s.acting_us) AS acted_us
  FROM edges e
  -- A cycle without any length adds nothing, and would make the lookup ambiguous.
  ASOF LEFT JOIN (FROM sums WHERE sleep_us + thinking_us + acting_us > 0) s
    ON s.board_uid = e.board_uid AND s.chief_id = e.chief_id AND s.start_us <= e.edge_us
), buckets AS (
  SELECT board_uid, chief_id, bucket, step_us,
    least(last_us, edge_us + step_us) - greatest(first_us, edge_us) AS life_us,
    lead(coalesce(slept_us, 0)) OVER chief - coalesce(slept_us, 0) AS sleeping_us,
    lead(coalesce(thought_us, 0)) OVER chief - coalesce(thought_us, 0) AS thinking_us,
    lead(coalesce(acted_us, 0)) OVER chief - coalesce(acted_us, 0) AS acting_us
  FROM at_edges WINDOW chief AS (PARTITION BY board_uid, chief_id ORDER BY bucket)
), wakes AS (
  SELECT board_uid, chief_id, bucket_of(woke_us, step_us) AS bucket, count(*) AS cycles, count(*) FILTER (result = 'noop') AS noops
  FROM cycles, bucket_step GROUP BY ALL
)
SELECT b.board_uid, b.chief_id, bucket_start(b.bucket, b.step_us) AS started_at, bucket_start(b.bucket + 1, b.step_us) AS ended_at,
  b.life_us / 1e6 AS seconds, b.sleeping_us / 1e6 AS sleeping_seconds, b.thinking_us / 1e6 AS thinking_seconds,
  b.acting_us / 1e6 AS acting_seconds,
  greatest(b.life_us - b.sleeping_us - b.thinking_us - b.acting_us, 0) / 1e6 AS stopped_seconds,
  b.sleeping_us / nullif(b.life_us, 0) AS sleeping_share, b.thinking_us / nullif(b.life_us, 0) AS thinking_share,
  b.acting_us / nullif(b.life_us, 0) AS acting_share, coalesce(w.cycles, 0) AS cycles, coalesce(w.noops, 0) AS noops
FROM buckets b
LEFT JOIN wakes w ON w.board_uid = b.board_uid AND w.chief_id = b.chief_id AND w.bucket = b.bucket
WHERE b.sleeping_us IS NOT NULL
ORDER BY b.chief_id, b.board_uid, b.bucket;
