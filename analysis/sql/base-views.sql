-- Base views: what every analysis stands on (docs/analysis.md, Base views).
-- They want the tables log_events, log_tasks, … : one a table of the export, the columns named as in the records.
-- Every join carries board_uid, since a task id repeats across boards. Durations are integer microseconds (_us) until
-- the end, so that sums are exact; views for people also have them in seconds.

CREATE OR REPLACE VIEW events AS SELECT * FROM log_events;
CREATE OR REPLACE VIEW tasks AS SELECT * FROM log_tasks;
CREATE OR REPLACE VIEW agents AS SELECT * FROM log_agents;
CREATE OR REPLACE VIEW chief_cycles AS SELECT * FROM log_chief_cycles;
CREATE OR REPLACE VIEW ombudsman_ticks AS SELECT * FROM log_ombudsman_ticks;
CREATE OR REPLACE VIEW flight_log AS SELECT * FROM log_flight_log;
CREATE OR REPLACE VIEW boards AS SELECT * FROM log_boards;
CREATE OR REPLACE VIEW profiles AS SELECT * FROM log_profiles;

-- What the Chief may dispatch from a wait status. Capability '$task_type' stands for the task's own type; null needs no agent.
CREATE OR REPLACE VIEW routes AS
SELECT p.board_uid, p.profile, p.profile_version,
  route.key AS from_status, route.value->>'to_status' AS to_status, route.value->>'capability' AS capability
FROM profiles p, json_each(p.definition, '$.routes') route;

-- Declared edges of every profile, the exits to HUMAN_REVIEW and ON_HOLD apart.
CREATE OR REPLACE VIEW profile_edges AS
SELECT p.board_uid, p.profile, p.profile_version,
  step.value->>'from' AS from_status, step.value->>'to' AS to_status, step.value->>'edge' AS edge
FROM profiles p, json_each(p.definition, '$.edges') step;

-- Statuses in which a review is decided: those a revision edge leaves.
CREATE OR REPLACE VIEW review_statuses AS
SELECT DISTINCT board_uid, profile, from_status AS status FROM profile_edges WHERE edge = 'revision';

-- Transitions are the events that change a status: all but heartbeats.
CREATE OR REPLACE VIEW transitions AS SELECT * FROM events WHERE edge IS NOT NULL;

-- A closed stage is a projection of its closing event: no window function. Its status is the to_status of the event that
-- entered it, which is the closing event's from_status except where an import's log is broken (edge 'unlinked').
-- before_finish: the stage ended no later than the task first finished, so it counts to elapsed.
-- is_stale: it ended because its worker had gone silent; the reference implementation gives no reason, so an imported
-- task_stale without one counts. active_us: a working stage is active, a stale one only until its last heartbeat (or entry).
CREATE OR REPLACE VIEW closed_stages AS
WITH closings AS (
  SELECT *, from_status AS status FROM transitions WHERE entered_sequence_id IS NOT NULL AND edge <> 'unlinked'
  UNION ALL
  SELECT c.*, e.to_status AS status
  FROM transitions c
  JOIN events e ON e.board_uid = c.board_uid AND e.sequence_id = c.entered_sequence_id
  WHERE c.entered_sequence_id IS NOT NULL AND c.edge = 'unlinked'
), stages AS (
  SELECT board_uid, task_id, task_type, profile, status, coalesce(from_stage_kind, 'wait') AS stage_kind, visit,
    entered_at, "timestamp" AS exited_at, epoch_us("timestamp") - epoch_us(entered_at) AS dwell_us,
    from_agent_id AS assigned_to, from_cycle_id AS cycle_id, entered_sequence_id, sequence_id AS exited_sequence_id,
    from_edge AS edge_in, edge AS edge_out, to_status AS next_status,
    heartbeats, last_heartbeat_at, max_heartbeat_gap_us,
    finished_sequence_id, finished_sequence_id IS NULL OR finished_sequence_id = sequence_id AS before_finish,
    CASE
      WHEN event_type = 'task_stale' THEN coalesce(payload->>'reason', 'stale_heartbeat') = 'stale_heartbeat'
      WHEN contains(CAST(payload AS VARCHAR), 'stale_heartbeat') THEN coalesce(payload->>'reason', '') = 'stale_heartbeat'
      ELSE false
    END AS is_stale
  FROM closings
)
SELECT *,
  CASE
    WHEN stage_kind NOT IN ('active', 'review', 'rework') THEN 0
    WHEN NOT is_stale THEN dwell_us
    ELSE least(greatest(epoch_us(coalesce(last_heartbeat_at, entered_at)) - epoch_us(entered_at), 0), dwell_us)
  END AS active_us
FROM stages;

-- The transition that entered the stage each task is in: the one that no other has closed, so right-censored.
CREATE OR REPLACE VIEW current_stages AS
SELECT e.board_uid, e.task_id, e.task_type, e.profile, e.to_status AS status, e.stage_kind, e."timestamp" AS entered_at,
  e.assigned_to, e.cycle_id, e.sequence_id AS entered_sequence_id, e.edge AS edge_in, e.finished_sequence_id
FROM transitions e
ANTI JOIN closed_stages c ON c.board_uid = e.board_uid AND c.entered_sequence_id = e.sequence_id;

-- The same with its visit and the heartbeats since, at the time the beat names (an import's event is a little later); a
-- fenced beat came from an assignment that was over.
CREATE OR REPLACE VIEW open_stages AS
WITH visits AS (
  SELECT o.board_uid, o.task_id, count(*) AS visit
  FROM current_stages o
  JOIN transitions e ON e.board_uid = o.board_uid AND e.task_id = o.task_id AND e.to_status = o.status
  GROUP BY o.board_uid, o.task_id
), beats AS (
  SELECT o.board_uid, o.task_id, o.entered_at, b.sequence_id,
    coalesce(timezone('UTC', TRY_CAST(b.payload->>'heartbeat_at' AS TIMESTAMPTZ)), b."timestamp") AS beat_at
  FROM current_stages o
  JOIN events b ON b.board_uid = o.board_uid AND b.task_id = o.task_id AND b.sequence_id > o.entered_sequence_id
  WHERE b.event_type = 'task_heartbeat' AND coalesce(b.payload->>'fenced', 'false') <> 'true'
), gaps AS (
  SELECT *, epoch_us(beat_at) - epoch_us(lag(beat_at, 1, entered_at) OVER (PARTITION BY board_uid, task_id ORDER BY sequence_id)) AS gap_us
  FROM beats
), signs AS (
  SELECT board_uid, task_id, count(*) AS heartbeats, arg_max(beat_at, sequence_id) AS last_heartbeat_at,
    greatest(max(gap_us), 0) AS max_heartbeat_gap_us
  FROM gaps GROUP BY board_uid, task_id
)
SELECT o.*, v.visit, coalesce(s.heartbeats, 0) AS heartbeats, s.last_heartbeat_at, s.max_heartbeat_gap_us
FROM current_stages o
JOIN visits v ON v.board_uid = o.board_uid AND v.task_id = o.task_id
LEFT JOIN signs s ON s.board_uid = o.board_uid AND s.task_id = o.task_id;

-- Every visit to a status, open ones with exited_at null.
CREATE OR REPLACE VIEW stages AS
SELECT board_uid, task_id, task_type, status, stage_kind, visit, entered_at, exited_at, dwell_us / 1e6 AS dwell_seconds,
  assigned_to, cycle_id, entered_sequence_id, exited_sequence_id, edge_in, edge_out,
  heartbeats, last_heartbeat_at, max_heartbeat_gap_us / 1e6 AS max_heartbeat_gap_seconds
FROM closed_stages
UNION ALL
SELECT board_uid, task_id, task_type, status, stage_kind, visit, entered_at, NULL, NULL,
  assigned_to, cycle_id, entered_sequence_id, NULL, edge_in, NULL,
  heartbeats, last_heartbeat_at, max_heartbeat_gap_us / 1e6
FROM open_stages;

-- Where each task's time went, from its stages alone. Active, wait, lost and blocked count closed stages up to the first
-- finish, so that they sum to elapsed for a finished task; elapsed is null for one that never finished.
CREATE OR REPLACE VIEW task_times AS
WITH visits AS (
  SELECT board_uid, task_id, task_type, profile, stage_kind, entered_at, exited_at, edge_in, edge_out, dwell_us, active_us,
    before_finish, is_stale,
    CASE finished_sequence_id WHEN exited_sequence_id THEN exited_at WHEN entered_sequence_id THEN entered_at END AS finished_at
  FROM closed_stages
  UNION ALL
  SELECT board_uid, task_id, task_type, profile, stage_kind, entered_at, entered_at, edge_in, NULL, 0, 0, false, false,
    CASE finished_sequence_id WHEN entered_sequence_id THEN entered_at END
  FROM current_stages
), sums AS (
  SELECT board_uid, task_id, any_value(task_type) AS task_type, any_value(profile) AS profile,
    min(entered_at) AS first_event_at, max(exited_at) AS last_event_at,
    min(entered_at) FILTER (edge_in = 'post') AS created_at, min(finished_at) AS finished_at,
    count(*) FILTER (edge_out = 'revision') AS revisions, count(*) FILTER (edge_out = 'reassign') AS reassignments,
    count(*) FILTER (is_stale) AS stale_count,
    sum(active_us) FILTER (before_finish) AS active_us,
    sum(dwell_us) FILTER (before_finish AND stage_kind NOT IN ('active', 'review', 'rework', 'blocked')) AS wait_us,
    sum(dwell_us - active_us) FILTER (before_finish AND stage_kind IN ('active', 'review', 'rework')) AS lost_us,
    sum(dwell_us) FILTER (before_finish AND stage_kind = 'blocked') AS blocked_us
  FROM visits GROUP BY board_uid, task_id
)
SELECT * REPLACE (
    CAST(coalesce(active_us, 0) AS BIGINT) AS active_us, CAST(coalesce(wait_us, 0) AS BIGINT) AS wait_us,
    CAST(coalesce(lost_us, 0) AS BIGINT) AS lost_us, CAST(coalesce(blocked_us, 0) AS BIGINT) AS blocked_us),
  epoch_us(finished_at) - epoch_us(created_at) AS elapsed_us,
  epoch_us(last_event_at) - epoch_us(first_event_at) AS first_to_last_us
FROM sums;

-- One row a task: what it is, what happened to it, where its time went. Its stages, flight log and events are rows of
-- those views with its task_id.
CREATE OR REPLACE VIEW flight_plans AS
SELECT t.board_uid, t.task_id, t.task_type, t.label, t.priority, t.status, t.created_at, x.finished_at AS terminal_at,
  x.revisions, x.stale_count, x.reassignments, x.elapsed_us / 1e6 AS elapsed_seconds,
  x.active_us / 1e6 AS active_seconds, x.wait_us / 1e6 AS wait_seconds, x.lost_us / 1e6 AS lost_seconds,
  x.blocked_us / 1e6 AS blocked_seconds, x.finished_at IS NULL AS censored, t.output, t.notes
FROM tasks t JOIN task_times x ON x.board_uid = t.board_uid AND x.task_id = t.task_id;

-- Each sleep of a Chief, ended by the wake of a cycle; none before its first cycle, so a stopped Chief does not sleep.
CREATE OR REPLACE VIEW sleeps AS
SELECT board_uid, chief_id, cycle_id, sequence_id, "trigger" AS woken_by, previous_slept_at AS slept_at, woke_at,
  epoch_us(woke_at) - epoch_us(previous_slept_at) AS sleep_us,
  (epoch_us(woke_at) - epoch_us(previous_slept_at)) / 1e6 AS sleep_seconds
FROM chief_cycles WHERE previous_slept_at IS NOT NULL;

-- Leaving a review: out of a status that has a revision edge, by any edge but exit and stale
-- (an import's broken link says nothing of how it was left). In the built-in profile
-- IN_PROGRESS stands for work, review and rework, so only its review stages (and whatever a revision ends) count.
CREATE OR REPLACE VIEW review_decisions AS
SELECT s.* FROM closed_stages s
SEMI JOIN review_statuses r ON r.board_uid = s.board_uid AND r.profile = s.profile AND r.status = s.status
WHERE s.edge_out NOT IN ('exit', 'stale', 'unlinked')
  AND (s.edge_out = 'revision' OR s.profile <> 'review_required' OR s.stage_kind = 'review');

-- Rework: from each revision edge of a finished task to its next review, or whatever comes first: being sent back again
-- without one (the built-in profile allows it), or the finish. So the rework of a task never counts an instant twice.
-- place: a revision ends the rework before it, not its own.
CREATE OR REPLACE VIEW reworks AS
WITH sent_back AS MATERIALIZED (
  SELECT d.board_uid, d.task_id, d.exited_sequence_id, 2 * d.exited_sequence_id AS place, d.exited_at AS started_at,
    t.task_type, t.finished_at
  FROM review_decisions d JOIN task_times t ON t.board_uid = d.board_uid AND t.task_id = d.task_id
  WHERE d.edge_out = 'revision' AND d.before_finish AND t.finished_at IS NOT NULL
), visits AS (
  SELECT board_uid, task_id, profile, status, stage_kind, entered_sequence_id, entered_at FROM closed_stages
  UNION ALL
  SELECT board_uid, task_id, profile, status, stage_kind, entered_sequence_id, entered_at FROM current_stages
), reviews AS (
  SELECT v.board_uid, v.task_id, 2 * v.entered_sequence_id AS place, v.entered_at AS ended_at
  FROM visits v SEMI JOIN review_statuses r ON r.board_uid = v.board_uid AND r.profile = v.profile AND r.status = v.status
  WHERE v.profile <> 'review_required' OR v.stage_kind = 'review'
), ends AS (
  SELECT * FROM reviews r SEMI JOIN sent_back s ON s.board_uid = r.board_uid AND s.task_id = r.task_id
  UNION ALL
  SELECT board_uid, task_id, place - 1, started_at FROM sent_back
)
SELECT s.board_uid, s.task_id, s.task_type, s.exited_sequence_id,
  epoch_us(least(coalesce(n.ended_at, s.finished_at), s.finished_at)) - epoch_us(s.started_at) AS rework_us
FROM sent_back s ASOF LEFT JOIN ends n ON n.board_uid = s.board_uid AND n.task_id = s.task_id AND n.place >= s.place;
