-- Cost by stage and task type.
-- Question: in which stage does the money go, and how much of it into doing work again?
-- Formula: sums over flight-log entries with token usage or a cost, by the stage they name; one record an attempt, so that no
--   re-run is lost. cost_usd is what an entry says (cost_usd), else its tokens at its own prices, else at those of the
--   variable model_prices; entries whose price is not known have tokens and no cost (unpriced_entries). reruns = attempts after
--   a task's first at that stage. The row without a stage is all of them.
-- Source: docs/analysis.md, Cost
-- Needs: flight_log
SELECT c.stage, t.task_type, count(DISTINCT hash(c.board_uid, c.task_id)) AS tasks,
  CAST(sum(c.attempts) AS BIGINT) AS attempts, CAST(sum(c.attempts - 1) AS BIGINT) AS reruns, CAST(sum(c.entries) AS BIGINT) AS entries,
  CAST(sum(c.input_tokens) AS BIGINT) AS input_tokens, CAST(sum(c.cached_input_tokens) AS BIGINT) AS cached_input_tokens,
  CAST(sum(c.output_tokens) AS BIGINT) AS output_tokens,
  sum(c.cost_micros) / 1e6 AS cost_usd, sum(c.rerun_cost_micros) / 1e6 AS rerun_cost_usd,
  CAST(sum(c.unpriced_entries) AS BIGINT) AS unpriced_entries,
  sum(c.cost_micros) / 1e6 / count(DISTINCT hash(c.board_uid, c.task_id)) AS cost_per_task_usd,
  CAST(sum(c.cost_micros) AS DOUBLE) / nullif((SELECT sum(cost_micros) FROM stage_costs), 0) AS cost_share
FROM stage_costs c JOIN task_times t ON t.board_uid = c.board_uid AND t.task_id = c.task_id
GROUP BY GROUPING SETS ((), (c.stage, t.task_type)) HAVING count(*) > 0
ORDER BY c.stage IS NOT NULL, cost_usd DESC NULLS LAST, entries DESC, c.stage, t.task_type;
