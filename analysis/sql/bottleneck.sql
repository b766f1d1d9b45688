-- Bottlenecks.
-- Question: where do tasks wait most, and what would less waiting there be worth?
-- Formula: score = 100 * wait in the stage / elapsed of all finished tasks (contributions: at most 100 in all). A stage is
--   a wait status and the capability its tasks wait for (from the profile's routes; null where there is no route).
--   arrivals and departures count every visit; p25 and p95 the closed ones. busy_share = working time of the agents that
--   have the capability / the time since they were first known, both up to the log's last event; an agent that is OFFLINE
--   counts until it was last seen.
--   is_bottleneck: the top score, and more arrivals than departures or busy_share >= 0.85.
--   mean_elapsed_if_p25_seconds: mean elapsed had each wait here that was longer than its p25 lasted that long.
-- Source: docs/analysis.md 8
-- Needs: events
WITH log_end AS (
  SELECT board_uid, max("timestamp") AS ended_at FROM events GROUP BY board_uid
), latest_routes AS (
  SELECT board_uid, profile, from_status, arg_max(struct_pack(capability := capability), profile_version).capability AS capability
  FROM routes GROUP BY board_uid, profile, from_status
), visits AS (
  SELECT board_uid, task_id, task_type, profile, status, dwell_us, before_finish FROM closed_stages WHERE stage_kind = 'wait'
  UNION ALL
  SELECT board_uid, task_id, task_type, profile, status, NULL, false FROM current_stages WHERE stage_kind = 'wait'
), waits AS (
  SELECT v.board_uid, v.task_id, v.status, v.dwell_us, v.before_finish,
    CASE r.capability WHEN '$task_type' THEN v.task_type ELSE r.capability END AS capability
  FROM visits v LEFT JOIN latest_routes r ON r.board_uid = v.board_uid AND r.profile = v.profile AND r.from_status = v.status
), stage_totals AS (
  SELECT status, capability, count(*) AS arrivals, count(dwell_us) AS departures,
    quantile_cont(dwell_us, 0.25) AS p25_us, quantile_cont(dwell_us, 0.95) AS p95_us
  FROM waits GROUP BY status, capability
), finished AS (
  SELECT board_uid, task_id, elapsed_us FROM task_times WHERE finished_at IS NOT NULL
), contributions AS (
  SELECT w.status, w.capability, sum(w.dwell_us) AS wait_us, sum(greatest(w.dwell_us - s.p25_us, 0)) AS above_p25_us
  FROM waits w
  SEMI JOIN finished f ON f.board_uid = w.board_uid AND f.task_id = w.task_id
  JOIN stage_totals s ON s.status = w.status AND s.capability IS NOT DISTINCT FROM w.capability
  WHERE w.before_finish GROUP BY w.status, w.capability
), work AS (
  SELECT board_uid, assigned_to AS agent_id, entered_at, dwell_us
  FROM closed_stages WHERE stage_kind IN ('active', 'review', 'rework') AND assigned_to IS NOT NULL
  UNION ALL
  SELECT c.board_uid, c.assigned_to, c.entered_at, epoch_us(l.ended_at) - epoch_us(c.entered_at)
  FROM current_stages c JOIN log_end l ON l.board_uid = c.board_uid
  WHERE c.stage_kind IN ('active', 'review', 'rework') AND c.assigned_to IS NOT NULL
), agent_work AS (
  SELECT board_uid, agent_id, sum(dwell_us) AS busy_us, min(entered_at) AS first_work_at FROM work GROUP BY board_uid, agent_id
), agent_time AS (
  SELECT a.board_uid, unnest(a.capabilities) AS capability, coalesce(w.busy_us, 0) AS busy_us,
    greatest(
      epoch_us(CASE a.status WHEN 'OFFLINE' THEN least(l.ended_at, a.last_seen_at) ELSE l.ended_at END)
        - epoch_us(least(a.registered_at, coalesce(w.first_work_at, a.registered_at))), 0) AS known_us
  FROM agents a
  JOIN log_end l ON l.board_uid = a.board_uid
  LEFT JOIN agent_work w ON w.board_uid = a.board_uid AND w.agent_id = a.agent_id
), busy AS (
  SELECT capability, least(sum(busy_us) / nullif(sum(known_us), 0), 1) AS busy_share FROM agent_time GROUP BY capability
), totals AS (
  SELECT sum(elapsed_us) AS elapsed_us, count(*) AS tasks FROM finished
), scored AS (
  SELECT s.status, s.capability, 100 * coalesce(c.wait_us, 0) / nullif(t.elapsed_us, 0) AS score,
    coalesce(c.wait_us, 0) / 1e6 AS wait_seconds, s.arrivals, s.departures, s.arrivals / nullif(s.departures, 0) AS arrivals_per_departure,
    s.p95_us / 1e6 AS p95_seconds, s.p25_us / 1e6 AS p25_seconds, b.busy_share,
    t.elapsed_us / nullif(t.tasks, 0) / 1e6 AS mean_elapsed_seconds,
    (t.elapsed_us - coalesce(c.above_p25_us, 0)) / nullif(t.tasks, 0) / 1e6 AS mean_elapsed_if_p25_seconds
  FROM stage_totals s
  CROSS JOIN totals t
  LEFT JOIN contributions c ON c.status = s.status AND c.capability IS NOT DISTINCT FROM s.capability
  LEFT JOIN busy b ON b.capability = s.capability
)
SELECT *, score IS NOT NULL AND score > 0 AND rank() OVER (ORDER BY score DESC NULLS LAST) = 1
  AND (arrivals > departures OR coalesce(busy_share >= 0.85, false)) AS is_bottleneck
FROM scored ORDER BY score DESC NULLS LAST, status, capability;
