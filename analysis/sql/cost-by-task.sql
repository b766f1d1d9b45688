-- The tasks that cost most.
-- Question: which tasks cost most, and how much of that was work done again?
-- Formula: as in cost-by-stage.sql, by task; the hundred with the highest cost, then with most tokens.
-- Source: docs/analysis.md, Cost
-- Needs: flight_log
WITH costs AS (
  SELECT board_uid, task_id, CAST(sum(attempts) AS BIGINT) AS attempts, CAST(sum(attempts - 1) AS BIGINT) AS reruns,
    CAST(sum(entries) AS BIGINT) AS entries, CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
    CAST(sum(cached_input_tokens) AS BIGINT) AS cached_input_tokens, CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
    sum(cost_micros) / 1e6 AS cost_usd, sum(rerun_cost_micros) / 1e6 AS rerun_cost_usd,
    CAST(sum(unpriced_entries) AS BIGINT) AS unpriced_entries
  FROM stage_costs GROUP BY board_uid, task_id
  ORDER BY cost_usd DESC NULLS LAST, sum(input_tokens) + sum(output_tokens) DESC, task_id, board_uid LIMIT 100
)
SELECT c.board_uid, c.task_id, x.task_type, t.label, c.* EXCLUDE (board_uid, task_id)
FROM costs c
JOIN task_times x ON x.board_uid = c.board_uid AND x.task_id = c.task_id
LEFT JOIN tasks t ON t.board_uid = c.board_uid AND t.task_id = c.task_id
ORDER BY c.cost_usd DESC NULLS LAST, c.input_tokens + c.output_tokens DESC, c.task_id, c.board_uid;
