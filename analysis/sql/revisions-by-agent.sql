-- Review decisions by agent.
-- Question: whose work is sent back, and who sends it back?
-- Formula: each decision counts once for its reviewer (the assignee of the review left) and once for the author (the
--   assignee of the last working stage before it that was no review); rates as by task type. Without an assignee: null.
-- Source: docs/analysis.md 6
-- Needs: events, profiles
WITH works AS (
  SELECT s.board_uid, s.task_id, s.exited_sequence_id, s.assigned_to AS author
  FROM closed_stages s
  ANTI JOIN review_decisions d ON d.board_uid = s.board_uid AND d.exited_sequence_id = s.exited_sequence_id
  WHERE s.stage_kind IN ('active', 'rework')
), decided AS (
  SELECT d.board_uid, d.task_id, d.edge_out, d.assigned_to AS reviewer, w.author
  FROM review_decisions d ASOF LEFT JOIN works w
    ON w.board_uid = d.board_uid AND w.task_id = d.task_id AND w.exited_sequence_id <= d.entered_sequence_id
), parts AS (
  SELECT 'author' AS role, author AS agent_id, board_uid, task_id, edge_out FROM decided
  UNION ALL
  SELECT 'reviewer', reviewer, board_uid, task_id, edge_out FROM decided
), by_task AS (
  SELECT role, agent_id, board_uid, task_id, count(*) AS decisions,
    count(*) FILTER (edge_out = 'revision') AS revisions
  FROM parts GROUP BY role, agent_id, board_uid, task_id
)
SELECT role, agent_id, sum(decisions) AS decisions, sum(revisions) AS revisions,
  sum(revisions) / nullif(sum(decisions), 0) AS revision_rate,
  count(*) AS decided_tasks, count(*) FILTER (revisions = 0) / nullif(count(*), 0) AS first_pass_yield
FROM by_task GROUP BY role, agent_id ORDER BY role, decisions DESC, agent_id;
