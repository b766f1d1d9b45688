-- Views of how work flows, which its analyses stand on (docs/analysis.md, Flow). Loaded after views-log.sql.
-- A task is in the system from its post until it first finishes.

-- When each task came and left. An import's task whose first event is no post came with that event.
CREATE OR REPLACE VIEW task_flows AS
WITH flows AS (
  SELECT board_uid, task_id, task_type, coalesce(created_at, first_event_at) AS arrived_at, finished_at FROM task_times
)
SELECT board_uid, task_id, task_type, epoch_us(arrived_at) AS arrived_us,
  CASE WHEN finished_at <= cut_off() THEN epoch_us(greatest(finished_at, arrived_at)) END AS left_us
FROM flows WHERE arrived_at <= cut_off();

-- Each visit to a stage before the task first finished; exited_us is null while it lasts.
CREATE OR REPLACE VIEW stage_visits AS
SELECT board_uid, task_id, task_type, status, stage_kind, assigned_to, entered_at, entered_sequence_id, epoch_us(entered_at) AS entered_us,
  CASE WHEN exited_at <= cut_off() THEN epoch_us(exited_at) END AS exited_us, dwell_us
FROM closed_stages WHERE before_finish AND entered_at <= cut_off()
UNION ALL
SELECT board_uid, task_id, task_type, status, stage_kind, assigned_to, entered_at, entered_sequence_id, epoch_us(entered_at), NULL, NULL
FROM current_stages WHERE finished_sequence_id IS NULL AND entered_at <= cut_off();

-- The buckets of series over the whole log, without a gap.
CREATE OR REPLACE VIEW buckets AS
WITH numbers AS (
  SELECT step_us, unnest(range(bucket_of(first_us, step_us), bucket_of(last_us, step_us) + 1)) AS bucket FROM bucket_step
)
SELECT bucket, bucket_start(bucket, step_us) AS bucket_at, step_us / 1e6 AS bucket_seconds FROM numbers;

-- Tasks in each stage at each bucket's end. position: the order in which the log first enters the stages, which later
-- events do not change. The 20 stages with most time in them; the rest together is the last, with both names null.
CREATE OR REPLACE VIEW stage_wip AS
WITH visits AS (
  SELECT status, stage_kind, bucket_of(entered_us, step_us) AS entered, bucket_of(exited_us, step_us) AS exited,
    count(*) AS count, min(entered_us) AS first_us, min(entered_sequence_id) AS first_id,
    sum(coalesce(exited_us, last_us) - entered_us) AS time_us
  FROM stage_visits, bucket_step GROUP BY ALL
), moves AS (
  SELECT status, stage_kind, entered AS bucket, count FROM visits
  UNION ALL
  SELECT status, stage_kind, exited, -count FROM visits WHERE exited IS NOT NULL
), changes AS (
  SELECT status, stage_kind, bucket, sum(count) AS change FROM moves GROUP BY ALL
), ranked AS (
  SELECT status, stage_kind, min(first_us) AS first_us, min(first_id) AS first_id,
    row_number() OVER (ORDER BY sum(time_us) DESC, min(first_us), min(first_id)) <= 20 AS is_named
  FROM visits GROUP BY status, stage_kind
), places AS (
  SELECT status, stage_kind, is_named,
    CASE WHEN is_named THEN row_number() OVER (PARTITION BY is_named ORDER BY first_us, first_id) ELSE 21 END AS position
  FROM ranked
), series AS (
  SELECT p.*, b.bucket, b.bucket_at, b.bucket_seconds,
    sum(coalesce(c.change, 0)) OVER (PARTITION BY p.status, p.stage_kind ORDER BY b.bucket) AS wip
  FROM places p CROSS JOIN buckets b
  LEFT JOIN changes c ON c.status = p.status AND c.stage_kind = p.stage_kind AND c.bucket = b.bucket
)
SELECT bucket, bucket_at, bucket_seconds, position, any_value(CASE WHEN is_named THEN status END) AS status,
  any_value(CASE WHEN is_named THEN stage_kind END) AS stage_kind, CAST(sum(wip) AS BIGINT) AS wip
FROM series GROUP BY bucket, bucket_at, bucket_seconds, position;

-- What Little's law is about, of each board, and of all (board_uid null) from the first one's beginning to the last one's end.
CREATE OR REPLACE VIEW flow_balances AS
WITH scopes AS (
  SELECT board_uid AS scope, board_uid, first_us, last_us FROM log_spans
  UNION ALL
  SELECT NULL, board_uid, min(first_us) OVER (), max(last_us) OVER () FROM log_spans
), totals AS (
  SELECT s.scope AS board_uid, s.first_us, s.last_us, s.last_us - s.first_us AS window_us,
    count(f.arrived_us) AS arrivals, count(f.left_us) AS departures,
    coalesce(sum(coalesce(f.left_us, s.last_us) - f.arrived_us), 0) AS task_us, sum(f.left_us - f.arrived_us) AS elapsed_us
  FROM scopes s LEFT JOIN task_flows f ON f.board_uid = s.board_uid
  GROUP BY s.scope, s.first_us, s.last_us
)
SELECT *, (task_us - arrivals * elapsed_us / departures) / nullif(task_us, 0) AS gap FROM totals;

-- Every open task with its age in the stage, against the closed visits of its stage and type. lateness: age / p95, whatever
-- that is; null where there is nothing to compare with.
CREATE OR REPLACE VIEW open_ages AS
WITH history AS (
  SELECT task_type, status, stage_kind, count(*) AS visits, quantile_cont(dwell_us, [0.5, 0.85, 0.95]) AS quantiles
  FROM stage_visits WHERE exited_us IS NOT NULL GROUP BY task_type, status, stage_kind
)
SELECT v.board_uid, v.task_id, v.task_type, v.status, v.stage_kind, v.assigned_to, v.entered_at, l.last_us, l.last_us - v.entered_us AS age_us,
  coalesce(h.visits, 0) AS visits, h.quantiles[1] AS p50_us, h.quantiles[2] AS p85_us, h.quantiles[3] AS p95_us,
  (l.last_us - v.entered_us) / CASE WHEN h.quantiles[3] < 1 THEN 1 ELSE h.quantiles[3] END AS lateness
FROM stage_visits v
JOIN log_spans l ON l.board_uid = v.board_uid
LEFT JOIN history h ON h.task_type = v.task_type AND h.status = v.status AND h.stage_kind = v.stage_kind
WHERE v.exited_us IS NULL;
