-- Variants: the ways tasks took.
-- Question: how many different sequences of statuses are there, and which are common?
-- Formula: tasks with the same sequence are one variant. A sequence is known from its steps without their order: whoever
--   stands at the nth visit to a status finds one step leaving it. So a hash of (status, visit, next status), combined by
--   bit_xor, names the sequence, and no task's path is ever built but the example's. The hash is hashed again: by itself it is
--   linear in its last part, so that two orders of the same steps would be one sequence.
--   share is of all tasks; mean_elapsed_seconds of the finished ones. The hundred most frequent; variants counts all.
-- Source: docs/analysis.md 11
-- Needs: events
WITH steps AS (
  SELECT board_uid, task_id, hash(hash(status, visit, next_status)) AS step FROM closed_stages
  UNION ALL
  SELECT board_uid, task_id, hash(hash(status, 'open')) FROM current_stages
), paths AS (
  SELECT board_uid, task_id, bit_xor(step) AS variant FROM steps GROUP BY board_uid, task_id
), counted AS (
  SELECT p.variant, count(*) AS count, avg(t.elapsed_us) / 1e6 AS mean_elapsed_seconds,
    min(struct_pack(board_uid := p.board_uid, task_id := p.task_id)) AS example
  FROM paths p JOIN task_times t ON t.board_uid = p.board_uid AND t.task_id = p.task_id
  GROUP BY p.variant
), ranked AS (
  SELECT *, count / sum(count) OVER () AS share, count(*) OVER () AS variants,
    row_number() OVER (ORDER BY count DESC, example) AS rank
  FROM counted QUALIFY rank <= 100
), ways AS (
  SELECT r.rank, string_agg(e.to_status, ' → ' ORDER BY e.sequence_id) AS path
  FROM ranked r JOIN transitions e ON e.board_uid = r.example.board_uid AND e.task_id = r.example.task_id
  GROUP BY r.rank
)
SELECT r.rank, r.count, r.share, r.mean_elapsed_seconds, w.path, r.example.task_id AS example_task_id, r.variants
FROM ranked r JOIN ways w ON w.rank = r.rank ORDER BY r.rank;
