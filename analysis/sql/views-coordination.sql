-- Views of why work waited (docs/analysis.md, Coordination). Loaded after the base views and views-log.sql.
--
-- What held a wait at an instant is a step function of the log: which agents were idle, what the Chief did (views-wait-totals.sql has
-- how long each held). Instants are microseconds since 1970; an interval has its beginning in it and not its end.

-- Before every instant.
CREATE OR REPLACE MACRO beginning() AS -4611686018427387904;

-- An instant as a number that is greater than any of a lower lane: the greatest so far is then the greatest of the lane.
CREATE OR REPLACE MACRO lane_key(lane, instant) AS CAST(lane AS HUGEINT) * 4611686018427387904 + instant;

CREATE OR REPLACE VIEW numbered_agents AS
SELECT *, CAST(row_number() OVER (ORDER BY board_uid, agent_id) AS INTEGER) AS agent FROM agents;

-- Agents that can do something are its pool. Capabilities that the same agents have share one, so that agents who can do
-- everything are counted once.
CREATE OR REPLACE VIEW capability_pools AS
WITH capable AS (
  SELECT board_uid, unnest(list_distinct(capabilities)) AS capability, agent FROM numbered_agents
), sets AS (
  SELECT board_uid, capability, list(agent ORDER BY agent) AS members FROM capable GROUP BY board_uid, capability
)
SELECT board_uid, capability, CAST(dense_rank() OVER (ORDER BY members) AS INTEGER) AS pool, members FROM sets;

CREATE OR REPLACE VIEW pool_members AS SELECT DISTINCT pool, unnest(members) AS agent FROM capability_pools;

-- When each agent was known: from its registration to the log's end, or while it is OFFLINE to its last sign of life.
CREATE OR REPLACE VIEW known_times AS
SELECT a.board_uid, a.agent_id, a.agent, epoch_us(a.registered_at) AS from_us,
  CASE a.status WHEN 'OFFLINE' THEN least(epoch_us(a.last_seen_at), s.last_us) ELSE s.last_us END AS until_us, s.last_us
FROM numbered_agents a JOIN log_spans s ON s.board_uid = a.board_uid;

-- When each agent was idle: known, and without a working stage.
CREATE OR REPLACE VIEW idle_times AS
WITH works AS (
  SELECT board_uid, assigned_to AS agent_id, entered_at, exited_at
  FROM closed_stages WHERE stage_kind IN ('active', 'review', 'rework') AND assigned_to IS NOT NULL
  UNION ALL
  SELECT board_uid, assigned_to, entered_at, NULL
  FROM current_stages WHERE stage_kind IN ('active', 'review', 'rework') AND assigned_to IS NOT NULL
), known AS (
  FROM known_times
), taken AS (
  SELECT k.agent, k.from_us AS known_us, k.until_us AS gone_us, epoch_us(w.entered_at) AS from_us, coalesce(epoch_us(w.exited_at), k.last_us) AS until_us
  FROM works w JOIN known k ON k.board_uid = w.board_uid AND k.agent_id = w.agent_id
  UNION ALL
  SELECT agent, from_us, until_us, until_us, until_us FROM known
), gaps AS (
  SELECT agent, least(from_us, gone_us) AS until_us,
    CAST(greatest(known_us, max(lane_key(agent, until_us)) OVER earlier - lane_key(agent, 0)) AS BIGINT) AS from_us
  FROM taken WINDOW earlier AS (ORDER BY agent, from_us ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT agent, from_us, until_us FROM gaps WHERE from_us < until_us;

-- When at least one agent of a pool was known, and when one was idle: the union of its agents' times.
CREATE OR REPLACE VIEW pool_spans AS
WITH agent_times AS (
  SELECT agent, 0 AS is_known, from_us, until_us FROM idle_times
  UNION ALL
  SELECT agent, 1, from_us, until_us FROM known_times WHERE from_us < until_us
), times AS (
  SELECT 2 * m.pool + t.is_known AS lane, t.from_us, t.until_us FROM agent_times t JOIN pool_members m ON m.agent = t.agent
), reached AS (
  SELECT lane, from_us, max(lane_key(lane, until_us)) OVER earlier AS before
  FROM times WINDOW earlier AS (ORDER BY lane, from_us ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), begun AS (
  SELECT lane, from_us, before FROM reached WHERE before IS NULL OR before < lane_key(lane, from_us)
)
SELECT lane // 2 AS pool, lane % 2 = 0 AS is_idle, from_us,
  CAST(lead(before, 1, (SELECT max(lane_key(lane, until_us)) FROM times)) OVER (ORDER BY lane, from_us) - lane_key(lane, 0) AS BIGINT) AS until_us
FROM begun;

-- How long the agents of each capability were known, and busy; an agent with several counts for each.
CREATE OR REPLACE VIEW capability_loads AS
WITH idle AS (
  SELECT agent, sum(until_us - from_us) AS idle_us FROM idle_times GROUP BY agent
), loads AS (
  SELECT k.board_uid, k.agent_id, greatest(k.until_us - k.from_us, 0) AS known_us, greatest(k.until_us - k.from_us, 0) - coalesce(i.idle_us, 0) AS busy_us
  FROM known_times k LEFT JOIN idle i ON i.agent = k.agent
)
SELECT a.board_uid, unnest(list_distinct(a.capabilities)) AS capability, l.known_us, l.busy_us
FROM agents a JOIN loads l ON l.board_uid = a.board_uid AND l.agent_id = a.agent_id;

-- Chiefs, numbered. first_chief: whoever has the board's first cycle.
CREATE OR REPLACE VIEW chiefs AS
WITH numbered AS (
  SELECT board_uid, chief_id, CAST(row_number() OVER (ORDER BY board_uid, min(sequence_id)) AS INTEGER) AS chief,
    bool_or(draining) AS drains, min(woke_at) AS first_woke_at, epoch_us(max(slept_at)) AS last_slept_us
  FROM chief_cycles GROUP BY board_uid, chief_id
)
SELECT *, min(chief) OVER boards AS first_chief, count(*) OVER boards AS chiefs FROM numbered WINDOW boards AS (PARTITION BY board_uid);

-- What each Chief did: a row a change, until the next one. It is in a cycle, asleep, or gone (before its first cycle,
-- and from its last before it was started anew to its next). After its last cycle it counts as asleep, to the log's end. It
-- drains from a cycle that says so until one that does not. Of a sleep it has what ended it, null where the log did.
-- A cycle that began before the one before it had ended (no Chief's does) is cut.
CREATE OR REPLACE VIEW chief_states AS
WITH cycles AS (
  SELECT h.chief, h.drains, c.sequence_id, c.draining, c."trigger", epoch_us(c.previous_slept_at) AS previous_us,
    epoch_us(c.woke_at) AS woke_us, epoch_us(c.slept_at) AS slept_us, s.last_us AS end_us,
    max(epoch_us(c.slept_at)) OVER (by_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_us,
    lag(c.draining, 1, false) OVER by_number AS was_draining, lead(c.sequence_id) OVER by_number IS NULL AS is_last
  FROM chief_cycles c
  JOIN chiefs h ON h.board_uid = c.board_uid AND h.chief_id = c.chief_id
  JOIN log_spans s ON s.board_uid = c.board_uid
  WINDOW by_number AS (PARTITION BY h.chief ORDER BY c.sequence_id)
), cut AS (
  SELECT *, greatest(woke_us, before_us) AS from_us, greatest(slept_us, woke_us, before_us) AS until_us FROM cycles
), changes AS (
  SELECT c.chief, c.drains, c.sequence_id, c.end_us, e.part,
    CASE e.part WHEN -1 THEN beginning() WHEN 0 THEN greatest(least(c.previous_us, c.from_us), c.before_us) WHEN 1 THEN c.from_us ELSE c.until_us END AS at_us,
    CASE WHEN e.part = 1 THEN 'cycle' WHEN e.part = 0 OR e.part = 2 AND c.is_last THEN 'sleep' ELSE 'gone' END AS state,
    CASE WHEN e.part > 0 THEN c.draining ELSE c.was_draining END AS draining,
    CASE e.part WHEN 0 THEN c."trigger" END AS woken_by, e.part = 0 AND c.draining AS wakes_draining
  FROM cut c, (VALUES (-1), (0), (1), (2)) e(part)
  WHERE e.part > 0 OR e.part = 0 AND c.previous_us IS NOT NULL OR e.part < 0 AND c.before_us IS NULL
), lasting AS (
  SELECT *, lead(at_us, 1, greatest(at_us, end_us)) OVER (PARTITION BY chief ORDER BY sequence_id, part) AS until_us FROM changes
)
SELECT chief, drains, state, draining, woken_by, wakes_draining, at_us AS from_us, until_us FROM lasting WHERE at_us < until_us;

-- Which Chief sees to a task type, and when: the one that last began to move such tasks, from the end of its first cycle that did, since
-- only then the log names it; until one has, the board's first. Only boards with several have rows.
CREATE OR REPLACE VIEW chief_duties AS
WITH begun AS (
  SELECT e.board_uid, e.task_type, h.first_chief, h.chief, epoch_us(min(c.slept_at)) AS since_us
  FROM transitions e
  JOIN chief_cycles c ON c.board_uid = e.board_uid AND c.cycle_id = e.cycle_id
  JOIN chiefs h ON h.board_uid = c.board_uid AND h.chief_id = c.chief_id
  WHERE h.chiefs > 1 AND e.edge <> 'post' GROUP BY ALL
), duties AS (
  SELECT board_uid, task_type, chief, since_us FROM begun
  UNION ALL
  SELECT DISTINCT board_uid, task_type, first_chief, NULL FROM begun
)
SELECT *, lead(since_us) OVER (PARTITION BY board_uid, task_type ORDER BY since_us NULLS FIRST, chief) AS until_us FROM duties;

-- The kinds of waits: what each needs by its profile's latest route (no to_status: there is none; no capability: it takes no agent), and
-- whose duty it is. Waits of a lane have the same agents and the same clock; those of a queue the same status and capability; those of a place the
-- same task type besides.
CREATE OR REPLACE VIEW wait_places AS
WITH kinds AS (
  SELECT DISTINCT board_uid, profile, status, task_type FROM closed_stages WHERE stage_kind = 'wait'
  UNION
  SELECT DISTINCT board_uid, profile, status, task_type FROM current_stages WHERE stage_kind = 'wait'
), latest_routes AS (
  FROM routes QUALIFY profile_version = max(profile_version) OVER (PARTITION BY board_uid, profile)
), routed AS (
  SELECT k.*, r.to_status, CASE r.capability WHEN '$task_type' THEN k.task_type ELSE r.capability END AS capability
  FROM kinds k LEFT JOIN latest_routes r ON r.board_uid = k.board_uid AND r.profile = k.profile AND r.from_status = k.status
), owned AS (
  SELECT r.*, d.since_us, d.until_us, h.chief, h.chief_id, h.last_slept_us,
    CASE WHEN r.to_status IS NOT NULL THEN 2 * h.chief + CASE WHEN h.drains AND r.status = 'UNASSIGNED' THEN 1 ELSE 0 END END AS clock
  FROM routed r
  LEFT JOIN chief_duties d ON d.board_uid = r.board_uid AND d.task_type = r.task_type
  LEFT JOIN chiefs h ON h.board_uid = r.board_uid AND h.chief = coalesce(d.chief, h.first_chief)
)
SELECT o.*, p.pool, CAST(dense_rank() OVER (ORDER BY p.pool, o.clock) AS INTEGER) AS lane,
  CAST(dense_rank() OVER (ORDER BY o.board_uid, o.status, o.capability) AS INTEGER) AS queue,
  CAST(dense_rank() OVER (ORDER BY o.board_uid, o.task_type, o.status, o.capability) AS INTEGER) AS place
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
), timed AS (
  SELECT v.*, epoch_us(v.entered_at) AS from_us, least(epoch_us(v.exited_at), s.last_us) AS until_us,
    coalesce(epoch_us(v.exited_at) > s.last_us, true) AS is_open
  FROM visits v JOIN log_spans s ON s.board_uid = v.board_uid AND epoch_us(v.entered_at) <= s.last_us
)
SELECT v.board_uid, v.task_id, v.task_type, v.status, v.entered_sequence_id, v.from_us, v.until_us, v.is_open,
  coalesce(v.until_us <= p.last_slept_us AND NOT v.is_open, false) AS is_settled, v.before_finish,
  NOT v.is_open AND v.next_status = p.to_status AS is_dispatched, p.capability, p.chief, p.chief_id, p.lane, p.clock, p.queue, p.place
FROM timed v
JOIN wait_places p ON p.board_uid = v.board_uid AND p.profile = v.profile AND p.status = v.status AND p.task_type = v.task_type
  AND (p.since_us IS NULL OR v.until_us >= p.since_us) AND (p.until_us IS NULL OR v.until_us < p.until_us);
