-- Keeps what every analysis stands on, so that a long log is read once and not at every question. Run it after the views; it changes
-- no answer, and it goes by the variables (now, dispatch_grace_seconds) as they are then. Texts of which there are few kinds become
-- numbers (ENUM), in the order of the texts; the tables lie in a compressed database in memory, and spill like everything else. An
-- ENUM has one text at least: the empty one. A report runs each part right after the file of views that it names, so that the views
-- after it are made over what is kept, which takes less time to plan.
ATTACH IF NOT EXISTS ':memory:' AS kept (COMPRESS);

-- After views-log.sql
CREATE TYPE kept.board_uids AS ENUM (
  SELECT '' UNION SELECT board_uid FROM log_events UNION SELECT board_uid FROM log_chief_cycles UNION
  SELECT board_uid FROM log_ombudsman_ticks ORDER BY 1
);
CREATE TYPE kept.task_types AS ENUM (SELECT '' UNION SELECT task_type FROM log_events ORDER BY 1);
CREATE TYPE kept.profiles AS ENUM (SELECT '' UNION SELECT profile FROM log_events ORDER BY 1);
CREATE TYPE kept.statuses AS ENUM (
  SELECT '' UNION SELECT from_status FROM log_events WHERE from_status IS NOT NULL UNION
  SELECT to_status FROM log_events WHERE to_status IS NOT NULL ORDER BY 1
);
CREATE TYPE kept.agent_ids AS ENUM (
  SELECT '' UNION SELECT from_agent_id FROM log_events WHERE from_agent_id IS NOT NULL UNION
  SELECT assigned_to FROM log_events WHERE assigned_to IS NOT NULL ORDER BY 1
);
CREATE TYPE kept.stage_kinds AS ENUM ('active', 'blocked', 'review', 'rework', 'terminal', 'wait');
CREATE TYPE kept.edges AS ENUM ('branch', 'exit', 'forward', 'loop', 'post', 'reassign', 'revision', 'stale', 'unlinked');

CREATE TABLE kept.closed_stages AS
SELECT * REPLACE (
  CAST(board_uid AS kept.board_uids) AS board_uid, CAST(task_type AS kept.task_types) AS task_type, CAST(profile AS kept.profiles) AS profile,
  CAST(status AS kept.statuses) AS status, CAST(next_status AS kept.statuses) AS next_status, CAST(stage_kind AS kept.stage_kinds) AS stage_kind,
  CAST(edge_in AS kept.edges) AS edge_in, CAST(edge_out AS kept.edges) AS edge_out, CAST(assigned_to AS kept.agent_ids) AS assigned_to)
FROM closed_stages;
CREATE OR REPLACE VIEW closed_stages AS FROM kept.closed_stages;

-- Each of these is read off the one before it. The transitions' board is made a number before they meet the stages' one.
CREATE OR REPLACE VIEW transitions AS
SELECT * REPLACE (CAST(board_uid AS kept.board_uids) AS board_uid) FROM events WHERE edge IS NOT NULL;
CREATE TABLE kept.current_stages AS
SELECT * REPLACE (
  CAST(task_type AS kept.task_types) AS task_type, CAST(profile AS kept.profiles) AS profile, CAST(status AS kept.statuses) AS status,
  CAST(stage_kind AS kept.stage_kinds) AS stage_kind, CAST(edge_in AS kept.edges) AS edge_in, CAST(assigned_to AS kept.agent_ids) AS assigned_to)
FROM current_stages;
CREATE OR REPLACE VIEW current_stages AS FROM kept.current_stages;
CREATE TABLE kept.task_times AS FROM task_times;
CREATE OR REPLACE VIEW task_times AS FROM kept.task_times;
CREATE TABLE kept.review_statuses AS FROM review_statuses;
CREATE OR REPLACE VIEW review_statuses AS FROM kept.review_statuses;
CREATE TABLE kept.review_decisions AS FROM review_decisions;
CREATE OR REPLACE VIEW review_decisions AS FROM kept.review_decisions;
CREATE TABLE kept.reworks AS FROM reworks;
CREATE OR REPLACE VIEW reworks AS FROM kept.reworks;
CREATE TABLE kept.log_spans AS SELECT * REPLACE (CAST(board_uid AS kept.board_uids) AS board_uid) FROM log_spans;
CREATE OR REPLACE VIEW log_spans AS FROM kept.log_spans;
CREATE TABLE kept.bucket_step AS FROM bucket_step;
CREATE OR REPLACE VIEW bucket_step AS FROM kept.bucket_step;

-- After views-flow.sql
CREATE TABLE kept.buckets AS FROM buckets;
CREATE OR REPLACE VIEW buckets AS FROM kept.buckets;
CREATE TABLE kept.stage_wip AS FROM stage_wip;
CREATE OR REPLACE VIEW stage_wip AS FROM kept.stage_wip;
CREATE TABLE kept.flow_balances AS FROM flow_balances;
CREATE OR REPLACE VIEW flow_balances AS FROM kept.flow_balances;
CREATE TABLE kept.open_ages AS FROM open_ages;
CREATE OR REPLACE VIEW open_ages AS FROM kept.open_ages;

-- After views-chief.sql
CREATE TABLE kept.cycles AS FROM cycles;
CREATE OR REPLACE VIEW cycles AS FROM kept.cycles;
CREATE TABLE kept.chief_lives AS FROM chief_lives;
CREATE OR REPLACE VIEW chief_lives AS FROM kept.chief_lives;
CREATE TABLE kept.chief_windows AS FROM chief_windows;
CREATE OR REPLACE VIEW chief_windows AS FROM kept.chief_windows;

-- After views-attempts.sql
CREATE TABLE kept.stale_attempts AS FROM stale_attempts;
CREATE OR REPLACE VIEW stale_attempts AS FROM kept.stale_attempts;
CREATE TABLE kept.authored_decisions AS FROM authored_decisions;
CREATE OR REPLACE VIEW authored_decisions AS FROM kept.authored_decisions;

-- After views-coordination.sql
CREATE TABLE kept.wait_places AS FROM wait_places;
CREATE OR REPLACE VIEW wait_places AS FROM kept.wait_places;
CREATE TABLE kept.idle_times AS FROM idle_times;
CREATE OR REPLACE VIEW idle_times AS FROM kept.idle_times;
CREATE TABLE kept.chief_states AS FROM chief_states;
CREATE OR REPLACE VIEW chief_states AS FROM kept.chief_states;
CREATE TABLE kept.waits AS FROM waits;
CREATE OR REPLACE VIEW waits AS FROM kept.waits;

-- After views-wait-splits.sql
CREATE TABLE kept.wait_sums AS FROM wait_sums;
CREATE OR REPLACE VIEW wait_sums AS FROM kept.wait_sums;
CREATE TABLE kept.wait_inversions AS FROM wait_inversions;
CREATE OR REPLACE VIEW wait_inversions AS FROM kept.wait_inversions;
CREATE TABLE kept.wait_contributions AS FROM wait_contributions;
CREATE OR REPLACE VIEW wait_contributions AS FROM kept.wait_contributions;

-- After views-dispatch.sql
CREATE TABLE kept.dispatch_episodes AS FROM dispatch_episodes;
CREATE OR REPLACE VIEW dispatch_episodes AS FROM kept.dispatch_episodes;
