-- Views of how long each thing held waits, as running totals (docs/analysis.md, Coordination). Loaded after views-coordination.sql.
--
-- How long something held during a wait is the difference of a running total at its two ends: a sort of the changes and two look-ups,
-- instead of a join of every wait with every change. Running totals are windows over all rows ordered by lane, then time, without
-- PARTITION BY, which takes several times as long; that they run on from lane to lane is not seen in a difference within one.

-- A total that runs while something holds: its base, and then the instant itself.
CREATE OR REPLACE MACRO running(base, holds, instant) AS base + CASE WHEN holds THEN instant ELSE 0 END;

-- How long a Chief has spent in each state by an instant, as running totals. An odd clock is what it is for tasks that are not handed
-- out while it drains; a Chief that never did has none.
CREATE OR REPLACE VIEW chief_clocks AS
WITH faces AS (
  SELECT 2 * s.chief + e.is_held AS clock, s.from_us, s.until_us,
    CASE WHEN e.is_held = 1 AND s.draining AND s.state <> 'gone' THEN 'draining' ELSE s.state END AS state
  FROM chief_states s, (VALUES (0), (1)) e(is_held) WHERE e.is_held = 0 OR s.drains
), lengths AS (
  SELECT *, CASE state WHEN 'draining' THEN until_us - from_us ELSE 0 END AS draining_us,
    CASE state WHEN 'cycle' THEN until_us - from_us ELSE 0 END AS cycle_us, CASE state WHEN 'sleep' THEN until_us - from_us ELSE 0 END AS sleep_us
  FROM faces
)
SELECT clock, from_us, state,
  CAST(sum(draining_us) OVER so_far AS BIGINT) - CASE state WHEN 'draining' THEN until_us ELSE 0 END AS draining_base,
  CAST(sum(cycle_us) OVER so_far AS BIGINT) - CASE state WHEN 'cycle' THEN until_us ELSE 0 END AS cycle_base,
  CAST(sum(sleep_us) OVER so_far AS BIGINT) - CASE state WHEN 'sleep' THEN until_us ELSE 0 END AS sleep_base
FROM lengths WINDOW so_far AS (ORDER BY clock, from_us ROWS UNBOUNDED PRECEDING);

-- The running totals of each lane: time in which an agent was known (known_us) or idle (idle_us), the Chief not draining; and of the
-- idle time that of the Chief's cycles and of its sleeps. Where a state changes by d, a total's base changes by -d * what it shows.
CREATE OR REPLACE VIEW lane_totals AS
WITH changes AS (
  SELECT s.pool, e.change, s.is_idle, CASE e.change WHEN 1 THEN s.from_us ELSE s.until_us END AS at_us
  FROM pool_spans s, (VALUES (1), (-1)) e(change)
  UNION ALL
  SELECT DISTINCT pool, 0, true, beginning() FROM capability_pools
), placed AS (
  SELECT l.lane, l.clock, c.at_us, CASE WHEN c.is_idle THEN c.change ELSE 0 END AS idle, CASE WHEN c.is_idle THEN 0 ELSE c.change END AS known
  FROM changes c JOIN (SELECT DISTINCT lane, pool, clock FROM wait_places) l ON l.pool = c.pool
), read AS (
  SELECT p.lane, p.at_us, p.idle, p.known, p.at_us - coalesce(running(c.draining_base, c.state = 'draining', p.at_us), 0) AS free_us,
    coalesce(running(c.cycle_base, c.state = 'cycle', p.at_us), 0) AS cycle_us,
    coalesce(running(c.sleep_base, c.state = 'sleep', p.at_us), 0) AS sleep_us
  FROM placed p ASOF LEFT JOIN chief_clocks c ON c.clock = p.clock AND c.from_us <= p.at_us
), summed AS (
  SELECT lane, at_us, sum(idle) OVER so_far > 0 AS is_idle, sum(known) OVER so_far > 0 AS is_known,
    CAST(sum(-known * free_us) OVER so_far AS BIGINT) AS known_base, CAST(sum(-idle * free_us) OVER so_far AS BIGINT) AS idle_base,
    CAST(sum(-idle * cycle_us) OVER so_far AS BIGINT) AS cycle_base, CAST(sum(-idle * sleep_us) OVER so_far AS BIGINT) AS sleep_base,
    lead(lane_key(lane, at_us)) OVER (ORDER BY lane, at_us) AS next_change
  FROM read WINDOW so_far AS (ORDER BY lane, at_us ROWS UNBOUNDED PRECEDING)
)
SELECT lane, at_us, is_idle, is_known, known_base, idle_base, cycle_base, sleep_base
FROM summed WHERE next_change IS DISTINCT FROM lane_key(lane, at_us);

-- The totals at both ends of each wait, sign 1 where it ends and -1 where it begins: their sum is what held it. Time that is not free_us the
-- Chief drained. A wait without a route has no clock, so all of it is left over; one that takes no agent counts as if one were always idle. in_elapsed: it is part
-- of the elapsed time of a finished task.
CREATE OR REPLACE VIEW wait_moments AS
WITH counted AS (
  SELECT w.board_uid, w.entered_sequence_id, w.place, w.lane, w.clock, w.from_us, w.until_us, w.is_open, w.capability IS NOT NULL AS takes_agent,
    w.before_finish AND u.task_id IS NULL AS in_elapsed
  FROM waits w LEFT JOIN (FROM task_times WHERE finished_at IS NULL) u ON u.board_uid = w.board_uid AND u.task_id = w.task_id
), ends AS (
  SELECT c.* EXCLUDE (from_us, until_us), e.sign, CASE e.sign WHEN 1 THEN c.until_us ELSE c.from_us END AS at_us FROM counted c, (VALUES (1), (-1)) e(sign)
), read AS (
  SELECT e.*, e.at_us - coalesce(running(c.draining_base, c.state = 'draining', e.at_us), 0) AS free_us,
    coalesce(running(c.cycle_base, c.state = 'cycle', e.at_us), 0) AS chief_cycle_us,
    coalesce(running(c.sleep_base, c.state = 'sleep', e.at_us), 0) AS chief_sleep_us
  FROM ends e ASOF LEFT JOIN chief_clocks c ON c.clock = e.clock AND c.from_us <= e.at_us
)
SELECT r.*,
  CASE WHEN r.takes_agent THEN coalesce(running(l.known_base, l.is_known, r.free_us), 0) ELSE r.free_us END AS known_us,
  CASE WHEN r.takes_agent THEN coalesce(running(l.idle_base, l.is_idle, r.free_us), 0) ELSE r.free_us END AS idle_us,
  CASE WHEN r.takes_agent THEN coalesce(running(l.cycle_base, l.is_idle, r.chief_cycle_us), 0) ELSE r.chief_cycle_us END AS cycle_us,
  CASE WHEN r.takes_agent THEN coalesce(running(l.sleep_base, l.is_idle, r.chief_sleep_us), 0) ELSE r.chief_sleep_us END AS sleep_us
FROM read r ASOF LEFT JOIN lane_totals l ON l.lane = r.lane AND l.at_us <= r.at_us;
