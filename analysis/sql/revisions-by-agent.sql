-- Review decisions by agent.
-- Question: whose work is sent back, and who sends it back?
-- Formula: each decision counts once for its reviewer (the assignee of the review left) and once for the author (the
--   assignee of the last working stage before it that was no review); rates as by task type. Without an assignee: null.
--   rework_seconds: the rework that these decisions called for; rework_share = that / elapsed of the finished tasks decided.
-- Source: docs/analysis.md 6
-- Needs: events, profiles
WITH parts AS (
  SELECT 'author' AS role, author AS agent_id, board_uid, task_id, edge_out, exited_sequence_id FROM authored_decisions
  UNION ALL
  SELECT 'reviewer', reviewer, board_uid, task_id, edge_out, exited_sequence_id FROM authored_decisions
), by_task AS (
  SELECT p.role, p.agent_id, p.board_uid, p.task_id, count(*) AS decisions,
    count(*) FILTER (p.edge_out = 'revision') AS revisions, coalesce(sum(r.rework_us), 0) AS rework_us
  FROM parts p
  LEFT JOIN reworks r ON r.board_uid = p.board_uid AND r.exited_sequence_id = p.exited_sequence_id
  GROUP BY p.role, p.agent_id, p.board_uid, p.task_id
)
SELECT b.role, b.agent_id, sum(b.decisions) AS decisions, sum(b.revisions) AS revisions,
  sum(b.revisions) / nullif(sum(b.decisions), 0) AS revision_rate,
  count(*) AS decided_tasks, count(*) FILTER (b.revisions = 0) / nullif(count(*), 0) AS first_pass_yield,
  avg(b.revisions) AS mean_revisions, quantile_cont(b.revisions, 0.95) AS p95_revisions,
  sum(b.rework_us) / 1e6 AS rework_seconds, sum(b.rework_us) / nullif(sum(t.elapsed_us), 0) AS rework_share
FROM by_task b JOIN task_times t ON t.board_uid = b.board_uid AND t.task_id = b.task_id
GROUP BY b.role, b.agent_id ORDER BY b.role, decisions DESC, b.agent_id;
