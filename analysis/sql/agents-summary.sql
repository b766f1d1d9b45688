-- Agents.
-- Question: who does how much of the work, how well, and who has time to spare?
-- Formula: attempts are closed visits to active, review and rework stages, by outcome (view attempts): succeeded + failed + stale +
--   withdrawn. revision_rate = revisions / review decisions on the agent's work. low and high: Wilson's 95 % interval. A stale
--   attempt is active until its last sign of life, lost after. utilisation = time it held work, attempts under way too / time
--   since it was first known, to the log's end or, OFFLINE, until it was last seen. The five hundred with most attempts.
-- Source: docs/analysis.md 16
-- Needs: events
WITH work AS (
  SELECT board_uid, agent_id, count(*) AS attempts, count(*) FILTER (stage_kind = 'review') AS reviews,
    count(*) FILTER (outcome = 'succeeded') AS succeeded, count(*) FILTER (outcome = 'failed') AS failed,
    count(*) FILTER (outcome = 'stale') AS stale, count(*) FILTER (outcome = 'withdrawn') AS withdrawn,
    sum(active_us) AS active_us, sum(dwell_us - active_us) AS lost_us, sum(dwell_us) AS held_us, min(entered_at) AS first_at
  FROM attempts WHERE agent_id IS NOT NULL GROUP BY board_uid, agent_id
), under_way AS (
  SELECT o.board_uid, o.agent_id, count(*) AS attempts, min(o.entered_at) AS first_at,
    sum(greatest(s.last_us - epoch_us(o.entered_at), 0)) AS held_us
  FROM open_attempts o JOIN log_spans s ON s.board_uid = o.board_uid
  WHERE o.agent_id IS NOT NULL GROUP BY o.board_uid, o.agent_id
), reviewed AS (
  SELECT board_uid, author AS agent_id, count(*) AS decisions, count(*) FILTER (edge_out = 'revision') AS revisions
  FROM authored_decisions WHERE author IS NOT NULL GROUP BY board_uid, author
), known AS (
  SELECT board_uid, agent_id FROM agents
  UNION SELECT board_uid, agent_id FROM work
  UNION SELECT board_uid, agent_id FROM under_way
), figures AS (
  SELECT k.board_uid, k.agent_id, coalesce(w.attempts, 0) AS attempts, coalesce(u.attempts, 0) AS open_attempts,
    coalesce(w.reviews, 0) AS reviews, coalesce(w.succeeded, 0) AS succeeded, coalesce(w.failed, 0) AS failed,
    coalesce(w.stale, 0) AS stale, coalesce(w.withdrawn, 0) AS withdrawn,
    coalesce(r.decisions, 0) AS decisions, coalesce(r.revisions, 0) AS revisions,
    coalesce(w.active_us, 0) AS active_us, coalesce(w.lost_us, 0) AS lost_us, coalesce(w.held_us, 0) + coalesce(u.held_us, 0) AS held_us,
    CASE WHEN a.agent_id IS NOT NULL THEN greatest(
      CASE a.status WHEN 'OFFLINE' THEN least(epoch_us(a.last_seen_at), s.last_us) ELSE s.last_us END
        - epoch_us(least(a.registered_at, w.first_at, u.first_at)), 0) END AS known_us
  FROM known k
  JOIN log_spans s ON s.board_uid = k.board_uid
  LEFT JOIN agents a ON a.board_uid = k.board_uid AND a.agent_id = k.agent_id
  LEFT JOIN work w ON w.board_uid = k.board_uid AND w.agent_id = k.agent_id
  LEFT JOIN under_way u ON u.board_uid = k.board_uid AND u.agent_id = k.agent_id
  LEFT JOIN reviewed r ON r.board_uid = k.board_uid AND r.agent_id = k.agent_id
)
SELECT board_uid, agent_id, attempts, open_attempts, reviews, succeeded, failed, stale, withdrawn,
  succeeded / nullif(attempts, 0) AS success_rate,
  wilson_low(succeeded, attempts) AS success_rate_low, wilson_high(succeeded, attempts) AS success_rate_high,
  stale / nullif(attempts, 0) AS stale_rate, wilson_low(stale, attempts) AS stale_rate_low, wilson_high(stale, attempts) AS stale_rate_high,
  decisions, revisions, revisions / nullif(decisions, 0) AS revision_rate,
  wilson_low(revisions, decisions) AS revision_rate_low, wilson_high(revisions, decisions) AS revision_rate_high,
  active_us / 1e6 AS active_seconds, lost_us / 1e6 AS lost_seconds, known_us / 1e6 AS known_seconds,
  CASE WHEN known_us > 0 THEN least(held_us / known_us, 1) END AS utilisation
FROM figures ORDER BY attempts DESC, agent_id, board_uid LIMIT 500;
