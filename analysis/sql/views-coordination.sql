-- Views of why work waited (docs/analysis.md, Coordination). They stand on base-views.sql.
--
-- What held a wait at an instant is a step function of the log: which agents were idle, what the Chief did. How long something held
-- during a wait is the difference of a running total at its two ends: a sort of the changes and two look-ups, instead of a join of
-- every wait with every change. Running totals are windows over all rows ordered by lane, then time, without PARTITION BY, which
-- takes several times as long; that they run on from lane to lane is not seen in a difference within one. Instants are
-- microseconds since 1970; an interval has its beginning in it and not its end.

-- When each board's log begins and ends: at its last time, or at the variable `now` (a TIMESTAMP).
CREATE OR REPLACE VIEW log_windows AS
WITH times AS (
  SELECT board_uid, min("timestamp") AS first_at, max("timestamp") AS last_at FROM events GROUP BY board_uid
  UNION ALL
  SELECT board_uid, NULL, max(slept_at) FROM chief_cycles GROUP BY board_uid
  UNION ALL
  SELECT board_uid, NULL, max(ended_at) FROM ombudsman_ticks GROUP BY board_uid
)
SELECT board_uid, min(first_at) AS started_at,
  greatest(min(first_at), coalesce(CAST(getvariable('now') AS TIMESTAMP), max(last_at))) AS ended_at
FROM times GROUP BY board_uid HAVING min(first_at) IS NOT NULL;

-- An instant as a number that is greater than any of a lower lane: the greatest so far is then the greatest of the lane.
CREATE OR REPLACE MACRO lane_key(lane, instant) AS CAST(lane AS HUGEINT) * 4611686018427387904 + instant;

-- Agents, numbered, each known from its registration to the log's end, or while it is OFFLINE to its last sign of life.
CREATE OR REPLACE VIEW known_agents AS
SELECT a.board_uid, a.agent_id, CAST(row_number() OVER (ORDER BY a.board_uid, a.agent_id) AS INTEGER) AS agent, a.capabilities,
  epoch_us(a.registered_at) AS from_us, epoch_us(w.ended_at) AS end_us,
  epoch_us(CASE a.status WHEN 'OFFLINE' THEN least(a.last_seen_at, w.ended_at) ELSE w.ended_at END) AS until_us
FROM agents a JOIN log_windows w ON w.board_uid = a.board_uid;

-- Capabilities that the same agents have share a pool, so that agents who can do everything are counted once.
CREATE OR REPLACE VIEW capability_pools AS
WITH capable AS (
  SELECT board_uid, unnest(list_distinct(capabilities)) AS capability, agent FROM known_agents
), sets AS (
  SELECT board_uid, capability, list(agent ORDER BY agent) AS members FROM capable GROUP BY board_uid, capability
)
SELECT board_uid, capability, CAST(dense_rank() OVER (ORDER BY members) AS INTEGER) AS pool, members FROM sets;

CREATE OR REPLACE VIEW pool_members AS SELECT DISTINCT pool, unnest(members) AS agent FROM capability_pools;

-- When each agent was idle: known, and without a working stage. An agent's last row is the end of its being known.
CREATE OR REPLACE VIEW idle_times AS
WITH works AS (
  SELECT board_uid, assigned_to AS agent_id, entered_at, exited_at
  FROM closed_stages WHERE stage_kind IN ('active', 'review', 'rework') AND assigned_to IS NOT NULL
  UNION ALL
  SELECT board_uid, assigned_to, entered_at, NULL
  FROM current_stages WHERE stage_kind IN ('active', 'review', 'rework') AND assigned_to IS NOT NULL
), taken AS (
  SELECT a.agent, a.from_us AS known_from_us, a.until_us AS known_until_us,
    epoch_us(w.entered_at) AS from_us, coalesce(epoch_us(w.exited_at), a.end_us) AS until_us
  FROM works w JOIN known_agents a ON a.board_uid = w.board_uid AND a.agent_id = w.agent_id
  UNION ALL
  SELECT agent, from_us, until_us, until_us, until_us FROM known_agents
), gaps AS (
  SELECT agent, least(from_us, known_until_us) AS until_us,
    CAST(greatest(known_from_us, max(lane_key(agent, until_us)) OVER earlier - lane_key(agent, 0)) AS BIGINT) AS from_us
  FROM taken WINDOW earlier AS (ORDER BY agent, from_us ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT agent, from_us, until_us FROM gaps WHERE from_us < until_us;

-- When at least one agent of a pool was known, and when one was idle: the union of its agents' times.
CREATE OR REPLACE VIEW pool_spans AS
WITH times AS (
  SELECT 2 * m.pool AS lane, t.from_us, t.until_us FROM idle_times t JOIN pool_members m ON m.agent = t.agent
  UNION ALL
  SELECT 2 * m.pool + 1, a.from_us, a.until_us FROM known_agents a JOIN pool_members m ON m.agent = a.agent WHERE a.from_us < a.until_us
), reached AS (
  SELECT lane, from_us, max(lane_key(lane, until_us)) OVER earlier AS before
  FROM times WINDOW earlier AS (ORDER BY lane, from_us ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), begun AS (
  SELECT lane, from_us, before FROM reached WHERE before IS NULL OR before < lane_key(lane, from_us)
)
SELECT lane // 2 AS pool, lane % 2 = 0 AS is_idle, from_us,
  CAST(lead(before, 1, (SELECT max(lane_key(lane, until_us)) FROM times)) OVER (ORDER BY lane, from_us) - lane_key(lane, 0) AS BIGINT) AS until_us
FROM begun;

CREATE OR REPLACE VIEW chiefs AS
SELECT board_uid, chief_id, CAST(row_number() OVER (ORDER BY board_uid, chief_id) AS INTEGER) AS chief,
  row_number() OVER (PARTITION BY board_uid ORDER BY min(sequence_id)) = 1 AS is_first, count(*) OVER (PARTITION BY board_uid) AS chiefs,
  bool_or(draining) AS drains, min(woke_at) AS first_woke_at, epoch_us(max(slept_at)) AS last_slept_us
FROM chief_cycles GROUP BY board_uid, chief_id;

-- What each Chief did: a row a change, until the next one. It is in a cycle, asleep, or gone (from its last cycle before it was
-- started anew to its next; it has no row before its first). After its last cycle it counts as asleep, to the log's end. It
-- drains from a cycle that says so until one that does not. A cycle that began before the one before it had ended (no Chief's does) is cut.
CREATE OR REPLACE VIEW chief_states AS
WITH cycles AS (
  SELECT h.chief, c.sequence_id, c.draining, epoch_us(c.previous_slept_at) AS previous_us,
    epoch_us(c.woke_at) AS woke_us, epoch_us(c.slept_at) AS slept_us, epoch_us(w.ended_at) AS end_us,
    max(epoch_us(c.slept_at)) OVER (PARTITION BY h.chief ORDER BY c.sequence_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_us,
    lag(c.draining, 1, false) OVER (PARTITION BY h.chief ORDER BY c.sequence_id) AS was_draining,
    lead(c.sequence_id) OVER (PARTITION BY h.chief ORDER BY c.sequence_id) IS NULL AS is_last
  FROM chief_cycles c
  JOIN chiefs h ON h.board_uid = c.board_uid AND h.chief_id = c.chief_id
  JOIN log_windows w ON w.board_uid = c.board_uid
), cut AS (
  SELECT *, greatest(woke_us, before_us) AS from_us, greatest(slept_us, woke_us, before_us) AS until_us FROM cycles
), changes AS (
  SELECT chief, 3 * sequence_id AS place, 'sleep' AS state, was_draining AS draining,
    greatest(least(previous_us, from_us), before_us) AS at_us, end_us
  FROM cut WHERE previous_us IS NOT NULL
  UNION ALL
  SELECT chief, 3 * sequence_id + 1, 'cycle', draining, from_us, end_us FROM cut
  UNION ALL
  SELECT chief, 3 * sequence_id + 2, CASE WHEN is_last THEN 'sleep' ELSE 'gone' END, draining, until_us, end_us FROM cut
), lasting AS (
  SELECT *, lead(at_us, 1, greatest(at_us, end_us)) OVER (PARTITION BY chief ORDER BY place) AS until_us FROM changes
)
SELECT chief, place, state, draining, at_us AS from_us, until_us FROM lasting WHERE at_us < until_us;

-- Which Chief sees to a task type, and when: the one that last began to move such tasks; until one has, the board's first.
CREATE OR REPLACE VIEW chief_duties AS
WITH begun AS (
  SELECT e.board_uid, e.task_type, h.chief, epoch_us(min(e."timestamp")) AS since_us
  FROM transitions e
  JOIN chief_cycles c ON c.board_uid = e.board_uid AND c.cycle_id = e.cycle_id
  JOIN chiefs h ON h.board_uid = c.board_uid AND h.chief_id = c.chief_id
  WHERE h.chiefs > 1 AND e.edge <> 'post' GROUP BY e.board_uid, e.task_type, h.chief
), duties AS (
  SELECT board_uid, task_type, chief, since_us FROM begun
  UNION ALL
  SELECT b.board_uid, b.task_type, h.chief, NULL FROM chiefs h
  JOIN (SELECT DISTINCT board_uid, task_type FROM begun) b ON b.board_uid = h.board_uid
  WHERE h.is_first
)
SELECT board_uid, task_type, chief, since_us,
  lead(since_us) OVER (PARTITION BY board_uid, task_type ORDER BY since_us NULLS FIRST, chief) AS until_us
FROM duties;

-- A total that runs while something holds: its base, and then the instant itself.
CREATE OR REPLACE MACRO running(base, holds, instant) AS base + CASE WHEN holds THEN instant ELSE 0 END;

-- How long a Chief has spent in each state by an instant, as running totals. An odd clock is what it is for tasks that are not handed
-- out while it drains; a Chief that never did has none.
CREATE OR REPLACE VIEW chief_clocks AS
WITH faces AS (
  SELECT 2 * chief AS clock, place, from_us, until_us, state FROM chief_states
  UNION ALL
  SELECT 2 * s.chief + 1, s.place, s.from_us, s.until_us, CASE WHEN s.draining AND s.state <> 'gone' THEN 'draining' ELSE s.state END
  FROM chief_states s SEMI JOIN (FROM chiefs WHERE drains) h ON h.chief = s.chief
), lengths AS (
  SELECT clock, place, from_us, until_us, state, CASE state WHEN 'draining' THEN until_us - from_us ELSE 0 END AS draining_us,
    CASE state WHEN 'cycle' THEN until_us - from_us ELSE 0 END AS cycle_us, CASE state WHEN 'sleep' THEN until_us - from_us ELSE 0 END AS sleep_us
  FROM faces
)
SELECT clock, from_us, state,
  CAST(sum(draining_us) OVER so_far AS BIGINT) - CASE state WHEN 'draining' THEN until_us ELSE 0 END AS draining_base,
  CAST(sum(cycle_us) OVER so_far AS BIGINT) - CASE state WHEN 'cycle' THEN until_us ELSE 0 END AS cycle_base,
  CAST(sum(sleep_us) OVER so_far AS BIGINT) - CASE state WHEN 'sleep' THEN until_us ELSE 0 END AS sleep_base
FROM lengths WINDOW so_far AS (ORDER BY clock, place ROWS UNBOUNDED PRECEDING);

-- The kinds of waits: what each needs by its profile's latest route (no to_status: there is none; no capability: it takes no agent), whose
-- duty it is, and its lane: the waits of a lane have the same agents and the same clock.
CREATE OR REPLACE VIEW wait_places AS
WITH kinds AS (
  SELECT DISTINCT board_uid, profile, status, task_type FROM closed_stages WHERE stage_kind = 'wait'
  UNION
  SELECT DISTINCT board_uid, profile, status, task_type FROM current_stages WHERE stage_kind = 'wait'
), versions AS (
  SELECT board_uid, profile, max(profile_version) AS profile_version FROM routes GROUP BY board_uid, profile
), routed AS (
  SELECT k.*, r.to_status, CASE r.capability WHEN '$task_type' THEN k.task_type ELSE r.capability END AS capability
  FROM kinds k
  LEFT JOIN versions v ON v.board_uid = k.board_uid AND v.profile = k.profile
  LEFT JOIN routes r ON r.board_uid = k.board_uid AND r.profile = k.profile AND r.profile_version = v.profile_version AND r.from_status = k.status
), owned AS (
  SELECT r.*, d.since_us, d.until_us, h.chief, h.chief_id, h.last_slept_us,
    CASE WHEN r.to_status IS NOT NULL THEN 2 * h.chief + CASE WHEN h.drains AND r.status = 'UNASSIGNED' THEN 1 ELSE 0 END END AS clock
  FROM routed r
  LEFT JOIN chief_duties d ON d.board_uid = r.board_uid AND d.task_type = r.task_type
  LEFT JOIN chiefs h ON h.board_uid = r.board_uid AND (h.chief = d.chief OR d.chief IS NULL AND h.is_first)
)
SELECT o.*, p.pool, CAST(dense_rank() OVER (ORDER BY p.pool, o.clock) AS INTEGER) AS lane,
  CAST(dense_rank() OVER (ORDER BY o.board_uid, o.status, o.capability) AS INTEGER) AS queue,
  CAST(row_number() OVER (ORDER BY o.board_uid, o.profile, o.status, o.task_type, o.since_us) AS INTEGER) AS place
FROM owned o LEFT JOIN capability_pools p ON p.board_uid = o.board_uid AND p.capability = o.capability;

-- Every visit to a wait stage; an open one ends with the log. is_settled: it has ended, and its Chief has left a row since, so that
-- nothing that comes later can change what held it.
CREATE OR REPLACE VIEW waits AS
WITH visits AS (
  SELECT board_uid, task_id, task_type, profile, status, entered_sequence_id, entered_at, exited_at, before_finish, next_status
  FROM closed_stages WHERE stage_kind = 'wait'
  UNION ALL
  SELECT board_uid, task_id, task_type, profile, status, entered_sequence_id, entered_at, NULL, true, NULL
  FROM current_stages WHERE stage_kind = 'wait'
), windowed AS (
  SELECT v.*, epoch_us(v.entered_at) AS from_us, epoch_us(least(v.exited_at, w.ended_at)) AS until_us,
    coalesce(v.exited_at > w.ended_at, true) AS is_open
  FROM visits v JOIN log_windows w ON w.board_uid = v.board_uid AND v.entered_at <= w.ended_at
)
SELECT v.board_uid, v.task_id, v.task_type, v.status, p.capability, p.chief_id, v.entered_sequence_id, v.from_us, v.until_us,
  v.is_open, coalesce(v.until_us <= p.last_slept_us AND NOT v.is_open, false) AS is_settled, v.before_finish,
  NOT v.is_open AND v.next_status = p.to_status AS is_dispatched, p.place
FROM windowed v
JOIN wait_places p ON p.board_uid = v.board_uid AND p.profile = v.profile AND p.status = v.status AND p.task_type = v.task_type
  AND (p.since_us IS NULL OR v.until_us >= p.since_us) AND (p.until_us IS NULL OR v.until_us < p.until_us);

-- The running totals of each lane: time in which an agent was known (known_us) or idle (idle_us), the Chief not draining; and of the
-- idle time that of the Chief's cycles and of its sleeps. Where a state changes by d, a total's base changes by -d * what it shows.
CREATE OR REPLACE VIEW lane_totals AS
WITH changes AS (
  SELECT s.pool, e.change, s.is_idle, CASE e.change WHEN 1 THEN s.from_us ELSE s.until_us END AS at_us
  FROM pool_spans s, (VALUES (1), (-1)) e(change)
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
-- Chief drained. A wait without a route has no totals; one that takes no agent counts as if one were always idle.
CREATE OR REPLACE VIEW wait_moments AS
WITH ends AS (
  SELECT w.place, w.board_uid, w.entered_sequence_id, w.is_open, w.before_finish, e.sign, CASE e.sign WHEN 1 THEN w.until_us ELSE w.from_us END AS at_us
  FROM waits w, (VALUES (1), (-1)) e(sign)
), placed AS (
  SELECT e.*, p.lane, p.clock, p.to_status IS NOT NULL AS is_routed, p.capability IS NOT NULL AS takes_agent FROM ends e JOIN wait_places p ON p.place = e.place
), read AS (
  SELECT p.*, p.at_us - coalesce(running(c.draining_base, c.state = 'draining', p.at_us), 0) AS free_us,
    coalesce(running(c.cycle_base, c.state = 'cycle', p.at_us), 0) AS cycle_us,
    coalesce(running(c.sleep_base, c.state = 'sleep', p.at_us), 0) AS sleep_us
  FROM placed p ASOF LEFT JOIN chief_clocks c ON c.clock = p.clock AND c.from_us <= p.at_us
)
SELECT r.place, r.board_uid, r.entered_sequence_id, r.is_open, r.before_finish, r.sign, r.at_us, r.free_us,
  CASE WHEN r.takes_agent THEN coalesce(running(l.known_base, l.is_known, r.free_us), 0) ELSE r.free_us END AS known_us,
  CASE WHEN r.takes_agent THEN coalesce(running(l.idle_base, l.is_idle, r.free_us), 0) ELSE r.free_us END AS idle_us,
  CASE WHEN r.takes_agent THEN coalesce(running(l.cycle_base, l.is_idle, r.cycle_us), 0) ELSE r.cycle_us END AS cycle_us,
  CASE WHEN r.takes_agent THEN coalesce(running(l.sleep_base, l.is_idle, r.sleep_us), 0) ELSE r.sleep_us END AS sleep_us
FROM read r ASOF LEFT JOIN lane_totals l ON l.lane = r.lane AND l.at_us <= r.at_us;

-- Waits in which a task that ranks lower (by priority, then created_at) was given an agent first, and when that was for the first time:
-- tasks of one queue, which wait in the same status for the same capability; of one class, if their priority is the same too.
-- Of a lower priority it is the next dispatch. Of the same it is the first dispatch of a younger task, which is one of those younger than all
-- before it; where that one came before this wait, it is looked for among those during it: in the next 64, then block by block.
CREATE OR REPLACE VIEW wait_inversions AS
WITH ranked AS (
  SELECT w.board_uid, w.entered_sequence_id, p.queue, t.priority, epoch_us(t.created_at) AS created_us, w.from_us, w.until_us, w.is_dispatched
  FROM waits w
  JOIN wait_places p ON p.place = w.place AND p.capability IS NOT NULL
  JOIN tasks t ON t.board_uid = w.board_uid AND t.task_id = w.task_id
), classes AS (
  SELECT queue, priority, CAST(row_number() OVER (ORDER BY queue, priority) AS INTEGER) AS class FROM (SELECT DISTINCT queue, priority FROM ranked)
), classed AS (
  SELECT r.*, c.class FROM ranked r JOIN classes c ON c.queue = r.queue AND c.priority = r.priority
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
  SELECT w.*, y.at_us FROM classed w ASOF JOIN youngest y ON y.class = w.class AND y.created_us > w.created_us
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
SELECT board_uid, entered_sequence_id, min(at_us) AS inverted_us FROM found GROUP BY board_uid, entered_sequence_id;

-- What held each wait: a row a visit to a wait stage. The six causes sum to wait_us; inversion_us overlaps them.
CREATE OR REPLACE VIEW wait_splits AS
WITH sums AS (
  SELECT board_uid, entered_sequence_id, CAST(sum(sign * free_us) AS BIGINT) AS free_us, CAST(sum(sign * known_us) AS BIGINT) AS known_us,
    CAST(sum(sign * idle_us) AS BIGINT) AS idle_us, CAST(sum(sign * cycle_us) AS BIGINT) AS cycle_us, CAST(sum(sign * sleep_us) AS BIGINT) AS sleep_us
  FROM wait_moments GROUP BY board_uid, entered_sequence_id
)
SELECT w.board_uid, w.task_id, w.task_type, w.status, w.capability, w.chief_id, w.entered_sequence_id,
  make_timestamp(w.from_us) AS entered_at, CASE WHEN NOT w.is_open THEN make_timestamp(w.until_us) END AS exited_at, w.is_open, w.is_settled,
  w.before_finish, w.until_us - w.from_us AS wait_us, w.until_us - w.from_us - s.free_us AS draining_us, s.free_us - s.known_us AS no_agent_us,
  s.known_us - s.idle_us AS contention_us, s.cycle_us AS chief_cycle_us, s.sleep_us AS chief_sleep_us,
  s.idle_us - s.cycle_us - s.sleep_us AS other_us, coalesce(w.until_us - i.inverted_us, 0) AS inversion_us
FROM waits w
JOIN sums s ON s.board_uid = w.board_uid AND s.entered_sequence_id = w.entered_sequence_id
LEFT JOIN wait_inversions i ON i.board_uid = w.board_uid AND i.entered_sequence_id = w.entered_sequence_id;

-- What a Chief hands out by capability: its desks. bit stands for a desk in a set of them, kept as a number; from the 120th on they are nameless.
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
  FROM waits w
  JOIN wait_places p ON p.place = w.place
  JOIN dispatch_desks d ON d.chief = p.chief AND d.capability = p.capability, (VALUES (1), (-1)) e(change)
  WHERE w.from_us < w.until_us
  UNION ALL
  SELECT d.desk, 0, e.change, CASE e.change WHEN 1 THEN t.from_us ELSE t.until_us END
  FROM idle_times t JOIN pool_members m ON m.agent = t.agent JOIN dispatch_desks d ON d.pool = m.pool, (VALUES (1), (-1)) e(change)
), counted AS (
  SELECT desk, at_us, least(sum(waiting) OVER so_far, sum(idle) OVER so_far) AS stranded,
    lead(lane_key(desk, at_us)) OVER (ORDER BY desk, at_us) AS next_change
  FROM changes WINDOW so_far AS (ORDER BY desk, at_us ROWS UNBOUNDED PRECEDING)
), steps AS (
  SELECT desk, at_us, stranded, lag(stranded, 1, 0) OVER (ORDER BY desk, at_us) AS before
  FROM counted WHERE next_change IS DISTINCT FROM lane_key(desk, at_us)
), all_changes AS (
  SELECT d.chief, s.at_us, s.stranded - s.before AS tasks, 0 AS asleep, 0 AS sleeps,
    CASE WHEN d.bit > 119 OR (s.stranded > 0) = (s.before > 0) THEN 0 WHEN s.before > 0 THEN -1 ELSE 1 END * (CAST(1 AS HUGEINT) << CAST(least(d.bit, 119) AS HUGEINT)) AS desks
  FROM steps s JOIN dispatch_desks d ON d.desk = s.desk WHERE s.stranded <> s.before
  UNION ALL
  SELECT c.chief, CASE e.change WHEN 1 THEN c.from_us ELSE c.until_us END, 0, e.change, greatest(e.change, 0), 0
  FROM chief_states c, (VALUES (1), (-1)) e(change) WHERE c.state = 'sleep' AND NOT c.draining
), summed AS (
  SELECT chief, at_us, sum(tasks) OVER so_far AS tasks, sum(desks) OVER so_far AS desks, sum(asleep) OVER so_far > 0 AS is_asleep,
    sum(sleeps) OVER so_far AS sleep, lead(at_us) OVER by_time AS until_us, lead(lane_key(chief, at_us)) OVER by_time AS next_change
  FROM all_changes WINDOW by_time AS (ORDER BY chief, at_us), so_far AS (by_time ROWS UNBOUNDED PRECEDING)
)
SELECT chief, sleep, at_us AS from_us, until_us, CAST(tasks AS BIGINT) AS tasks, desks
FROM summed WHERE is_asleep AND tasks > 0 AND next_change <> lane_key(chief, at_us);

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
), wakes AS (
  SELECT s.chief, s.until_us, c."trigger", c.draining
  FROM chief_states s
  JOIN chiefs h ON h.chief = s.chief
  LEFT JOIN chief_cycles c ON c.board_uid = h.board_uid AND c.chief_id = h.chief_id AND 3 * c.sequence_id = s.place
  WHERE s.state = 'sleep'
)
SELECT m.*, CASE WHEN w.until_us IS NULL THEN 'cleared' WHEN w."trigger" IS NULL THEN 'log_end' WHEN w.draining THEN 'draining' ELSE 'wake' END AS ended_by,
  w."trigger" AS woken_by
FROM measured m LEFT JOIN wakes w ON w.chief = m.chief AND w.until_us = m.ended_us;

-- Events that should have woken a Chief (all but heartbeats and Chiefs' own) and that no cycle of its saw within the grace. What happened while it was
-- not running, before its first cycle or before one it was started anew with, it could not have heard.
CREATE OR REPLACE VIEW missed_wakes AS
WITH calls AS (
  SELECT e.board_uid, e.sequence_id, e."timestamp", h.chief, h.chief_id
  FROM transitions e
  LEFT JOIN chief_duties d ON d.board_uid = e.board_uid AND d.task_type = e.task_type
    AND (d.since_us IS NULL OR epoch_us(e."timestamp") >= d.since_us) AND (d.until_us IS NULL OR epoch_us(e."timestamp") < d.until_us)
  JOIN chiefs h ON h.board_uid = e.board_uid AND (h.chief = d.chief OR d.chief IS NULL AND h.is_first)
  WHERE e.cycle_id IS NULL AND e."timestamp" >= h.first_woke_at
)
SELECT e.board_uid, e.chief, e.sequence_id, e."timestamp"
FROM calls e
JOIN log_windows w ON w.board_uid = e.board_uid
ASOF LEFT JOIN chief_cycles c ON c.board_uid = e.board_uid AND c.chief_id = e.chief_id AND c.seen_sequence_id >= e.sequence_id
WHERE epoch_us(coalesce(c.woke_at, w.ended_at)) - epoch_us(e."timestamp") > dispatch_grace_us()
  AND (c.sequence_id IS NULL OR c.previous_slept_at IS NOT NULL);
