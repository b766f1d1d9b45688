-- Handovers between agents.
-- Question: who hands work to whom, and how long does it lie between?
-- Formula: a handover is an attempt (a visit to an active, review or rework stage) and the same task's next one, under way or
--   not, by who held them; from an agent to itself too. Wait = from the end of the one to the beginning of the next. revisions:
--   those whose first attempt ended by a revision edge. share of all handovers. The two hundred most frequent.
-- Source: docs/analysis.md 16
-- Needs: events
WITH visits AS (
  SELECT board_uid, task_id, agent_id, entered_sequence_id, entered_at, exited_at, edge_out = 'revision' AS is_revision FROM attempts
  UNION ALL
  SELECT board_uid, task_id, agent_id, entered_sequence_id, entered_at, NULL, NULL FROM open_attempts
), links AS (
  SELECT board_uid, agent_id AS to_agent_id, lag(agent_id) OVER task AS from_agent_id, lag(is_revision) OVER task AS is_revision,
    epoch_us(entered_at) - lag(epoch_us(exited_at)) OVER task AS wait_us
  FROM visits WINDOW task AS (PARTITION BY board_uid, task_id ORDER BY entered_sequence_id)
)
SELECT board_uid, from_agent_id, to_agent_id, count(*) AS count, count(*) / sum(count(*)) OVER () AS share,
  count(*) FILTER (is_revision) AS revisions, sum(wait_us) / 1e6 AS total_wait_seconds, avg(wait_us) / 1e6 AS mean_wait_seconds,
  quantile_cont(wait_us, 0.5) / 1e6 AS p50_wait_seconds, quantile_cont(wait_us, 0.95) / 1e6 AS p95_wait_seconds
FROM links WHERE wait_us IS NOT NULL
GROUP BY board_uid, from_agent_id, to_agent_id ORDER BY count DESC, from_agent_id, to_agent_id, board_uid LIMIT 200;
