-- Views of attempts at work, which the analyses of stale work and of agents stand on (docs/analysis.md, Stale work). Loaded
-- after views-log.sql.

-- An attempt is a closed visit to a stage in which an agent works. silence_us: its longest time without a sign of life;
-- entering it, each heartbeat and its end are such signs.
-- outcome: 'stale' the worker had gone silent; 'failed' it ended in HUMAN_REVIEW; 'succeeded' it ended as its lifecycle goes
-- on (a review that sends work back, too); 'withdrawn' it was taken away (reassigned, put ON_HOLD, sent to STALE for another
-- reason), or an import's broken link does not tell.
CREATE OR REPLACE VIEW attempts AS
SELECT board_uid, task_id, task_type, status, stage_kind, assigned_to AS agent_id, entered_at, exited_at,
  entered_sequence_id, exited_sequence_id, edge_in, edge_out, dwell_us, active_us, heartbeats, is_stale,
  greatest(coalesce(max_heartbeat_gap_us, 0),
    dwell_us - greatest(epoch_us(coalesce(last_heartbeat_at, entered_at)) - epoch_us(entered_at), 0)) AS silence_us,
  CASE
    WHEN is_stale THEN 'stale'
    WHEN edge_out = 'exit' AND next_status = 'HUMAN_REVIEW' THEN 'failed'
    WHEN edge_out IN ('exit', 'stale', 'reassign', 'unlinked') THEN 'withdrawn'
    ELSE 'succeeded'
  END AS outcome
FROM closed_stages WHERE stage_kind IN ('active', 'review', 'rework') AND exited_at <= cut_off();

-- Attempts under way.
CREATE OR REPLACE VIEW open_attempts AS
SELECT board_uid, task_id, task_type, status, stage_kind, assigned_to AS agent_id, entered_at, entered_sequence_id, edge_in
FROM current_stages WHERE stage_kind IN ('active', 'review', 'rework') AND entered_at <= cut_off()
UNION ALL
SELECT board_uid, task_id, task_type, status, stage_kind, assigned_to, entered_at, entered_sequence_id, edge_in
FROM closed_stages WHERE stage_kind IN ('active', 'review', 'rework') AND entered_at <= cut_off() AND exited_at > cut_off();

-- Stale attempts. detection_us: from the last sign of life to being found. recovery_us: from then to the task's next attempt.
-- late_at: when its agent first did something about the task afterwards, other than in an assignment it had then: a late
-- heartbeat, or a result; so it had been alive. Of several stale attempts of one agent at one task, the latest before counts.
-- An import names no actor, but the agent of a result (and of an assignment, which tells nothing of its life). A beat in the
-- agent's own next assignment is late if the next event of that stage does not name it as the last beat: the board has fenced
-- it (so its payload says, which is dear to read).
CREATE OR REPLACE VIEW stale_attempts AS
WITH stale AS MATERIALIZED (
  SELECT * FROM attempts WHERE is_stale
), touched AS MATERIALIZED (
  SELECT e.board_uid, e.task_id, coalesce(e.actor, e.agent_id) AS agent_id, e.sequence_id, e."timestamp" AS happened_at,
    coalesce(e.stage_kind IN ('active', 'review', 'rework'), false) AS is_start,
    e.edge IS NULL AS is_beat, e.actor IS NOT NULL OR e.event_type = 'task_completed' AS is_report,
    coalesce(e.from_stage_kind IN ('active', 'review', 'rework'), false) AS is_work,
    e.from_agent_id IS NOT DISTINCT FROM coalesce(e.actor, e.agent_id) AS is_own,
    e.actor IS NOT NULL AND lead(e.sequence_id) OVER stage IS NOT NULL
      AND lead(e.last_heartbeat_at) OVER stage IS DISTINCT FROM e."timestamp" AS is_fenced
  FROM events e
  SEMI JOIN stale s ON s.board_uid = e.board_uid AND s.task_id = e.task_id AND e.sequence_id >= s.exited_sequence_id
  WHERE e."timestamp" <= cut_off()
  WINDOW stage AS (PARTITION BY e.board_uid, e.task_id, e.entered_sequence_id ORDER BY e.sequence_id)
), starts AS (
  SELECT board_uid, task_id, sequence_id, happened_at FROM touched WHERE is_start
), signs AS (
  SELECT board_uid, task_id, agent_id, sequence_id, happened_at FROM touched
  WHERE CASE WHEN is_beat THEN NOT (is_work AND is_own) OR is_fenced ELSE is_work AND NOT is_own AND is_report END
), late AS (
  SELECT s.board_uid, s.exited_sequence_id, min(g.happened_at) AS late_at
  FROM signs g ASOF JOIN stale s
    ON s.board_uid = g.board_uid AND s.task_id = g.task_id AND s.agent_id = g.agent_id AND s.exited_sequence_id < g.sequence_id
  GROUP BY s.board_uid, s.exited_sequence_id
)
SELECT s.*, s.dwell_us - s.active_us AS detection_us, epoch_us(n.happened_at) - epoch_us(s.exited_at) AS recovery_us, l.late_at
FROM stale s
ASOF LEFT JOIN starts n ON n.board_uid = s.board_uid AND n.task_id = s.task_id AND n.sequence_id >= s.exited_sequence_id
LEFT JOIN late l ON l.board_uid = s.board_uid AND l.exited_sequence_id = s.exited_sequence_id;

-- Review decisions with the author of what was reviewed: the assignee of the last working stage before that was no review.
CREATE OR REPLACE VIEW authored_decisions AS
WITH decisions AS (
  SELECT board_uid, exited_sequence_id FROM review_decisions WHERE exited_at <= cut_off()
), steps AS (
  SELECT s.board_uid, s.task_id, s.exited_sequence_id, s.edge_out, s.assigned_to, d.exited_sequence_id IS NOT NULL AS is_decision
  FROM closed_stages s
  LEFT JOIN decisions d ON d.board_uid = s.board_uid AND d.exited_sequence_id = s.exited_sequence_id
  WHERE d.exited_sequence_id IS NOT NULL OR s.stage_kind IN ('active', 'rework')
), authored AS (
  SELECT *, last_value(CASE WHEN NOT is_decision THEN {'agent_id': assigned_to} END IGNORE NULLS) OVER (
    PARTITION BY board_uid, task_id ORDER BY exited_sequence_id ROWS UNBOUNDED PRECEDING) AS work
  FROM steps
)
SELECT board_uid, task_id, exited_sequence_id, edge_out, assigned_to AS reviewer, work.agent_id AS author FROM authored WHERE is_decision;

-- Wilson's 95 % interval of a share k / n: within what the true rate may well lie; null for nothing of nothing.
CREATE OR REPLACE MACRO wilson_margin(k, n) AS 1.96 * sqrt(k * (n - k) / n + 1.96 ** 2 / 4);
CREATE OR REPLACE MACRO wilson_low(k, n) AS
  CASE WHEN n > 0 THEN greatest((k + 1.96 ** 2 / 2 - wilson_margin(k, n)) / (n + 1.96 ** 2), 0) END;
CREATE OR REPLACE MACRO wilson_high(k, n) AS
  CASE WHEN n > 0 THEN least((k + 1.96 ** 2 / 2 + wilson_margin(k, n)) / (n + 1.96 ** 2), 1) END;
