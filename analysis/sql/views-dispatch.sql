-- Views of the third sleep: a Chief sleeps although it could hand out work (docs/analysis.md, Coordination). Loaded after
-- views-coordination.sql.

-- What a Chief hands out by capability: its desks. bit stands for a desk in a set of them, kept as a number; from the 62nd on they are nameless.
CREATE OR REPLACE VIEW dispatch_desks AS
WITH desks AS (
  SELECT chief, board_uid, capability, any_value(pool) AS pool FROM wait_places
  WHERE chief IS NOT NULL AND pool IS NOT NULL GROUP BY chief, board_uid, capability
)
SELECT *, CAST(row_number() OVER (ORDER BY chief, capability) AS INTEGER) AS desk, row_number() OVER (PARTITION BY chief ORDER BY capability) AS bit
FROM desks;

-- When how many tasks were stranded: a Chief slept, did not drain, and tasks that it could have handed out and idle agents waited for
-- each other. tasks: the sum over capabilities of min(dispatchable tasks, idle agents); desks: the set of these. Of several changes at one
-- instant the last one counts. sleep: a number for the sleep, so that no stretch goes on over a cycle that took no time.
CREATE OR REPLACE VIEW stranded_stretches AS
WITH changes AS (
  SELECT d.desk, e.change AS waiting, 0 AS idle, CASE e.change WHEN 1 THEN w.from_us ELSE w.until_us END AS at_us
  FROM waits w JOIN dispatch_desks d ON d.chief = w.chief AND d.capability = w.capability, (VALUES (1), (-1)) e(change)
  WHERE w.from_us < w.until_us
  UNION ALL
  SELECT d.desk, 0, e.change, CASE e.change WHEN 1 THEN t.from_us ELSE t.until_us END
  FROM idle_times t JOIN pool_members m ON m.agent = t.agent JOIN dispatch_desks d ON d.pool = m.pool, (VALUES (1), (-1)) e(change)
), counted AS (
  SELECT desk, at_us, CAST(least(sum(waiting) OVER so_far, sum(idle) OVER so_far) AS INTEGER) AS stranded,
    lead(at_us) OVER by_time AS next_us, lead(desk) OVER by_time AS next_desk
  FROM changes WINDOW by_time AS (ORDER BY desk, at_us), so_far AS (by_time ROWS UNBOUNDED PRECEDING)
), steps AS (
  SELECT desk, at_us, stranded, lag(stranded, 1, 0) OVER (ORDER BY desk, at_us) AS before
  FROM counted WHERE next_us IS DISTINCT FROM at_us OR next_desk <> desk
), all_changes AS (
  SELECT d.chief, s.at_us, s.stranded - s.before AS tasks, 0 AS asleep, 0 AS sleeps,
    CASE WHEN d.bit > 61 OR (s.stranded > 0) = (s.before > 0) THEN 0 WHEN s.before > 0 THEN -1 ELSE 1 END * (1::BIGINT << least(d.bit, 61)) AS desks
  FROM steps s JOIN dispatch_desks d ON d.desk = s.desk WHERE s.stranded <> s.before
  UNION ALL
  SELECT c.chief, CASE e.change WHEN 1 THEN c.from_us ELSE c.until_us END, 0, e.change, greatest(e.change, 0), 0
  FROM chief_states c, (VALUES (1), (-1)) e(change) WHERE c.state = 'sleep' AND NOT c.draining
), summed AS (
  SELECT chief, at_us, sum(tasks) OVER so_far AS tasks, sum(desks) OVER so_far AS desks, sum(asleep) OVER so_far > 0 AS is_asleep,
    sum(sleeps) OVER so_far AS sleep, lead(at_us) OVER by_time AS until_us, lead(chief) OVER by_time AS next_chief
  FROM all_changes WINDOW by_time AS (ORDER BY chief, at_us), so_far AS (by_time ROWS UNBOUNDED PRECEDING)
)
SELECT chief, sleep, at_us AS from_us, until_us, CAST(tasks AS BIGINT) AS tasks, desks
FROM summed WHERE is_asleep AND tasks > 0 AND next_chief = chief AND until_us > at_us;

CREATE OR REPLACE MACRO dispatch_grace_us() AS CAST(round(1000000 * coalesce(getvariable('dispatch_grace_seconds'), 1)) AS BIGINT);

-- Dispatch failures: work stranded through a sleep without a break, for longer than the grace. started_us is when the grace was over; what is
-- measured is the time from then. ended_by: 'wake' or 'draining' (a wake that hands out nothing) ended the sleep, 'log_end' the log, else 'cleared'.
CREATE OR REPLACE VIEW dispatch_episodes AS
WITH marked AS (
  SELECT *, CASE WHEN lag(until_us) OVER by_time = from_us AND lag(sleep) OVER by_time = sleep THEN 0 ELSE 1 END AS is_first
  FROM stranded_stretches WINDOW by_time AS (ORDER BY chief, from_us)
), numbered AS (
  SELECT *, sum(is_first) OVER (ORDER BY chief, from_us ROWS UNBOUNDED PRECEDING) AS episode FROM marked
), long_ones AS (
  SELECT episode, min(from_us) AS stranded_us, min(from_us) + dispatch_grace_us() AS started_us, max(until_us) AS ended_us
  FROM numbered GROUP BY episode HAVING max(until_us) > min(from_us) + dispatch_grace_us()
), measured AS (
  SELECT n.chief, e.stranded_us, e.started_us, e.ended_us, CAST(sum(n.tasks * (n.until_us - greatest(n.from_us, e.started_us))) AS BIGINT) AS task_us,
    max(n.tasks) AS peak, bit_or(n.desks) AS desks
  FROM numbered n JOIN long_ones e ON e.episode = n.episode WHERE n.until_us > e.started_us GROUP BY ALL
)
SELECT m.*, s.woken_by,
  CASE WHEN s.chief IS NULL THEN 'cleared' WHEN s.woken_by IS NULL THEN 'log_end' WHEN s.wakes_draining THEN 'draining' ELSE 'wake' END AS ended_by
FROM measured m LEFT JOIN chief_states s ON s.chief = m.chief AND s.until_us = m.ended_us AND s.state = 'sleep';

-- Events that should have woken a Chief (all but heartbeats and Chiefs' own) and that no cycle of its saw within the grace. What happened while it was
-- not running, before its first cycle or before one it was started anew with, it could not have heard.
CREATE OR REPLACE VIEW missed_wakes AS
WITH news AS (
  FROM chief_cycles WINDOW earlier AS (PARTITION BY board_uid, chief_id ORDER BY sequence_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  QUALIFY seen_sequence_id > coalesce(max(seen_sequence_id) OVER earlier, -1)
), seeing AS (
  SELECT h.chief, n.seen_sequence_id, epoch_us(n.woke_at) AS woke_us, n.previous_slept_at IS NOT NULL AS was_running
  FROM news n JOIN chiefs h ON h.board_uid = n.board_uid AND h.chief_id = n.chief_id
), calls AS (
  SELECT h.chief, e.sequence_id, epoch_us(e."timestamp") AS at_us, s.last_us
  FROM transitions e
  LEFT JOIN chief_duties d ON d.board_uid = e.board_uid AND d.task_type = e.task_type
    AND (d.since_us IS NULL OR epoch_us(e."timestamp") >= d.since_us) AND (d.until_us IS NULL OR epoch_us(e."timestamp") < d.until_us)
  JOIN chiefs h ON h.board_uid = e.board_uid AND h.chief = coalesce(d.chief, h.first_chief)
  JOIN log_spans s ON s.board_uid = e.board_uid
  WHERE e.cycle_id IS NULL AND e."timestamp" >= h.first_woke_at
)
SELECT e.chief, e.sequence_id, make_timestamp(e.at_us) AS "timestamp"
FROM calls e ASOF LEFT JOIN seeing c ON c.chief = e.chief AND c.seen_sequence_id >= e.sequence_id
WHERE coalesce(c.woke_us, e.last_us) - e.at_us > dispatch_grace_us() AND coalesce(c.was_running, true);
