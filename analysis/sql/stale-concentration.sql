-- Concentration of stale work.
-- Question: does work go stale everywhere, or with one agent, in one stage, of one type?
-- Formula: by status, agent and task type: concentration = sum of (share of the stale attempts)^2, 1 if all are of one key;
--   expected_concentration = the same of the active time. The top key is the one with most stale attempts.
-- Source: docs/analysis.md 13
-- Needs: events
WITH counts AS (
  SELECT
    CASE WHEN grouping(status) = 0 THEN 'status' WHEN grouping(agent_id) = 0 THEN 'agent' ELSE 'task_type' END AS dimension,
    coalesce(status, agent_id, task_type) AS key, board_uid, count(*) FILTER (is_stale) AS stale, sum(active_us) AS active_us
  FROM attempts GROUP BY GROUPING SETS ((status), (board_uid, agent_id), (task_type))
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY dimension ORDER BY stale DESC, key NULLS LAST, board_uid) AS place FROM counts
)
SELECT dimension, count(*) AS keys, count(*) FILTER (stale > 0) AS stale_keys, sum(stale) AS stale,
  sum(stale * stale) / nullif(sum(stale) ** 2, 0) AS concentration,
  sum(active_us * active_us) / nullif(sum(active_us) ** 2, 0) AS expected_concentration,
  max(key) FILTER (place = 1 AND stale > 0) AS top_key, max(board_uid) FILTER (place = 1 AND stale > 0) AS top_board_uid,
  max(stale) / nullif(sum(stale), 0) AS top_share
FROM placed GROUP BY dimension ORDER BY array_position(['status', 'agent', 'task_type'], dimension);
