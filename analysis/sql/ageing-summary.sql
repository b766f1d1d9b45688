-- Ages of open tasks, by stage and type.
-- Question: where is work older than it usually gets there?
-- Formula: age = time in the present stage until the log's end (variable now); past_p50, past_p85, past_p95 = open tasks older
--   than that quantile of the closed visits of the same stage and type.
-- Source: docs/analysis.md 15
-- Needs: events
SELECT task_type, status, stage_kind, count(*) AS open,
  count(*) FILTER (age_us > p50_us) AS past_p50, count(*) FILTER (age_us > p85_us) AS past_p85, count(*) FILTER (age_us > p95_us) AS past_p95,
  max(age_us) / 1e6 AS oldest_seconds,
  any_value(p50_us) / 1e6 AS p50_seconds, any_value(p85_us) / 1e6 AS p85_seconds, any_value(p95_us) / 1e6 AS p95_seconds
FROM open_ages GROUP BY task_type, status, stage_kind
ORDER BY past_p95 DESC, open DESC, task_type, status, stage_kind;
