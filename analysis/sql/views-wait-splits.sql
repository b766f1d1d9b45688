-- Views of each wait: what held it, and who went first (docs/analysis.md, Coordination). Loaded after views-coordination.sql.

-- Waits in which a task that ranks lower (by priority, then created_at) was given an agent first, and when that was for the first time:
-- tasks of one queue, which wait in the same status for the same capability; of one class, if their priority is the same too.
-- Of a lower priority it is the next dispatch. Of the same it is the first dispatch of a younger task, which is one of those younger than all
-- before it; where that one came before this wait, it is looked for among those during it: in the next 64, then block by block.
CREATE OR REPLACE VIEW wait_inversions AS
WITH ranked AS (
  SELECT w.board_uid, w.entered_sequence_id, w.queue, w.from_us, w.until_us, w.is_dispatched, t.priority, epoch_us(t.created_at) AS created_us
  FROM waits w JOIN tasks t ON t.board_uid = w.board_uid AND t.task_id = w.task_id WHERE w.capability IS NOT NULL
), classes AS (
  SELECT queue, priority, CAST(row_number() OVER (ORDER BY queue, priority) AS INTEGER) AS class FROM (SELECT DISTINCT queue, priority FROM ranked)
), classed AS (
  SELECT r.* EXCLUDE (queue, priority), c.class FROM ranked r JOIN classes c ON c.queue = r.queue AND c.priority = r.priority
), dispatches AS (
  SELECT class, created_us, until_us AS at_us, row_number() OVER by_time AS number,
    max(lane_key(class, created_us)) OVER (by_time ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM classed WHERE is_dispatched WINDOW by_time AS (ORDER BY class, until_us, created_us)
), lower_dispatches AS (
  SELECT c.class, d.at_us
  FROM classes c JOIN classes o ON o.queue = c.queue AND o.priority > c.priority JOIN dispatches d ON d.class = o.class
), youngest AS (
  SELECT class, created_us, at_us FROM dispatches WHERE before IS NULL OR before < lane_key(class, created_us)
), seen AS (
  SELECT w.board_uid, w.entered_sequence_id, w.class, w.created_us, w.from_us, w.until_us, y.at_us FROM classed w ASOF JOIN youngest y ON y.class = w.class AND y.created_us > w.created_us
), unclear AS (
  SELECT s.board_uid, s.entered_sequence_id, s.class, s.created_us, s.until_us, a.number AS after_number, b.number AS last_number
  FROM (FROM seen WHERE at_us <= from_us) s
  ASOF JOIN dispatches a ON a.class = s.class AND a.at_us <= s.from_us
  ASOF JOIN dispatches b ON b.class = s.class AND b.at_us < s.until_us
  WHERE a.number < b.number
), near AS (
  SELECT u.board_uid, u.entered_sequence_id, min(d.at_us) AS at_us
  FROM (SELECT *, unnest(range(after_number // 32, least(last_number, after_number + 64) // 32 + 1)) AS block FROM unclear) u
  JOIN dispatches d ON d.class = u.class AND d.number // 32 = u.block
  WHERE d.number > u.after_number AND d.number <= u.last_number AND d.created_us > u.created_us GROUP BY ALL
), blocks AS (
  SELECT class, number // 32 AS block, max(created_us) AS created_us FROM dispatches GROUP BY ALL
), far AS (
  SELECT u.board_uid, u.entered_sequence_id, min(d.at_us) AS at_us
  FROM (
    SELECT *, unnest(range((after_number + 64) // 32 + 1, last_number // 32 + 1)) AS block
    FROM unclear u ANTI JOIN near n ON n.board_uid = u.board_uid AND n.entered_sequence_id = u.entered_sequence_id
  ) u
  JOIN blocks b ON b.class = u.class AND b.block = u.block AND b.created_us > u.created_us
  JOIN dispatches d ON d.class = u.class AND d.number // 32 = u.block
  WHERE d.number <= u.last_number AND d.created_us > u.created_us GROUP BY ALL
), found AS (
  SELECT board_uid, entered_sequence_id, at_us FROM seen WHERE at_us > from_us AND at_us < until_us
  UNION ALL
  FROM near
  UNION ALL
  FROM far
  UNION ALL
  SELECT w.board_uid, w.entered_sequence_id, l.at_us
  FROM (FROM classed SEMI JOIN lower_dispatches USING (class)) w ASOF JOIN lower_dispatches l ON l.class = w.class AND l.at_us > w.from_us
  WHERE l.at_us < w.until_us
)
SELECT w.board_uid, w.task_id, w.task_type, w.status, w.capability, w.entered_sequence_id, f.inverted_us, w.until_us - f.inverted_us AS inversion_us
FROM (SELECT board_uid, entered_sequence_id, min(at_us) AS inverted_us FROM found GROUP BY board_uid, entered_sequence_id) f
JOIN waits w ON w.board_uid = f.board_uid AND w.entered_sequence_id = f.entered_sequence_id;

-- What held the waits of a place, in all: the sums of wait_splits, for which no wait's two ends need to meet.
CREATE OR REPLACE VIEW wait_sums AS
WITH sums AS (
  SELECT place, in_elapsed, count(*) FILTER (sign = 1) AS waits, count(*) FILTER (sign = 1 AND is_open) AS open_waits,
    sum(sign * at_us) AS wait_us, sum(sign * (at_us - free_us)) AS draining_us, sum(sign * (free_us - known_us)) AS no_agent_us,
    sum(sign * (known_us - idle_us)) AS contention_us, sum(sign * cycle_us) AS chief_cycle_us, sum(sign * sleep_us) AS chief_sleep_us,
    sum(sign * (idle_us - cycle_us - sleep_us)) AS other_us
  FROM wait_moments GROUP BY place, in_elapsed
), places AS (
  SELECT DISTINCT place, board_uid, task_type, status, capability FROM wait_places
)
SELECT p.board_uid, p.task_type, p.status, p.capability, s.* EXCLUDE (place) FROM sums s JOIN places p ON p.place = s.place;

-- Where tasks wait: visits of every task, and of the finished ones what they add to elapsed, wholly and beyond the place's p25. That one lies
-- on a quarter of a microsecond, and so does what is summed: sums of fractions would hang on the order of the rows.
CREATE OR REPLACE VIEW wait_contributions AS
WITH stage_totals AS (
  SELECT status, capability, count(*) AS arrivals, count(*) FILTER (NOT is_open) AS departures,
    quantile_cont(until_us - from_us, [0.25, 0.95]) FILTER (NOT is_open) AS quantiles
  FROM waits GROUP BY status, capability
), contributions AS (
  SELECT w.status, w.capability, sum(w.until_us - w.from_us) AS wait_us, 
    sum(CAST(greatest(4 * (w.until_us - w.from_us - s.quantiles[1]), 0) AS BIGINT)) / 4 AS above_p25_us
  FROM waits w
  ANTI JOIN (FROM task_times WHERE finished_at IS NULL) u ON u.board_uid = w.board_uid AND u.task_id = w.task_id
  JOIN stage_totals s ON s.status = w.status AND s.capability IS NOT DISTINCT FROM w.capability
  WHERE w.before_finish GROUP BY w.status, w.capability
)
SELECT s.status, s.capability, s.arrivals, s.departures, s.quantiles[1] AS p25_us, s.quantiles[2] AS p95_us,
  coalesce(c.wait_us, 0) AS wait_us, coalesce(c.above_p25_us, 0) AS above_p25_us
FROM stage_totals s LEFT JOIN contributions c ON c.status = s.status AND c.capability IS NOT DISTINCT FROM s.capability;

-- The cause of most of a wait; the first of several that are equal.
CREATE OR REPLACE MACRO main_cause_us(s) AS greatest(s.draining_us, s.no_agent_us, s.contention_us, s.chief_cycle_us, s.chief_sleep_us, s.other_us);
CREATE OR REPLACE MACRO main_cause(s) AS CASE WHEN s.wait_us > 0 THEN
  CASE main_cause_us(s) WHEN s.draining_us THEN 'draining' WHEN s.no_agent_us THEN 'no_agent' WHEN s.contention_us THEN 'contention'
    WHEN s.chief_cycle_us THEN 'chief_cycle' WHEN s.chief_sleep_us THEN 'chief_sleep' ELSE 'other' END END;

-- What held each wait: a row a visit to a wait stage. The six causes sum to wait_us; inversion_us overlaps them.
CREATE OR REPLACE VIEW wait_splits AS
WITH sums AS (
  SELECT board_uid, entered_sequence_id, sum(sign * at_us) AS wait_us, sum(sign * free_us) AS free_us, sum(sign * known_us) AS known_us,
    sum(sign * idle_us) AS idle_us, sum(sign * cycle_us) AS cycle_us, sum(sign * sleep_us) AS sleep_us
  FROM wait_moments GROUP BY board_uid, entered_sequence_id
)
SELECT w.board_uid, w.task_id, w.task_type, w.status, w.capability, w.chief_id, w.entered_sequence_id,
  make_timestamp(w.from_us) AS entered_at, CASE WHEN NOT w.is_open THEN make_timestamp(w.until_us) END AS exited_at, w.is_open, w.is_settled,
  w.before_finish, CAST(s.wait_us AS BIGINT) AS wait_us, CAST(s.wait_us - s.free_us AS BIGINT) AS draining_us,
  CAST(s.free_us - s.known_us AS BIGINT) AS no_agent_us, CAST(s.known_us - s.idle_us AS BIGINT) AS contention_us,
  CAST(s.cycle_us AS BIGINT) AS chief_cycle_us, CAST(s.sleep_us AS BIGINT) AS chief_sleep_us,
  CAST(s.idle_us - s.cycle_us - s.sleep_us AS BIGINT) AS other_us, coalesce(i.inversion_us, 0) AS inversion_us
FROM waits w
JOIN sums s ON s.board_uid = w.board_uid AND s.entered_sequence_id = w.entered_sequence_id
LEFT JOIN wait_inversions i ON i.board_uid = w.board_uid AND i.entered_sequence_id = w.entered_sequence_id;
