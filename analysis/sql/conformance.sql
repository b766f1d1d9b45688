-- Conformance.
-- Question: did every task go a way that its lifecycle allows, and is the log whole?
-- Formula: a step goes from the status a task was in to the one it entered. outside_profile: steps that no version of the profile
--   declares (the exits to HUMAN_REVIEW and ON_HOLD, and the ways back from there to UNASSIGNED, are always allowed);
--   unknown_profile: steps under a profile that the log does not hold; broken_link: events of an import that do not come from
--   where the task was; sequence_gap: numbers missing, from 1 on; sequence_duplicate: events more than one of a number;
--   time_goes_back: steps earlier than the task's step before; ended_non_terminal: tasks that had not finished when the log
--   ended, by where they stood; unused_edge: edges declared by a profile that tasks follow, which none took.
--   A kind without a row was looked for and not found.
-- Source: docs/analysis.md 12
-- Needs: events, profiles
WITH steps AS (
  SELECT board_uid, profile, status AS from_status, next_status AS to_status, edge_out = 'unlinked' AS is_broken, count(*) AS count,
    min(exited_sequence_id) AS sequence_id, arg_min(task_id, exited_sequence_id) AS task_id,
    count(*) FILTER (dwell_us < 0) AS backward, min(exited_sequence_id) FILTER (dwell_us < 0) AS backward_sequence_id,
    arg_min(task_id, exited_sequence_id) FILTER (dwell_us < 0) AS backward_task_id
  FROM closed_stages GROUP BY ALL
), declared AS (
  SELECT DISTINCT board_uid, profile, from_status, to_status FROM profile_edges
), statuses AS (
  SELECT board_uid, profile, unnest([from_status, to_status]) AS status FROM declared
), allowed AS (
  SELECT board_uid, profile, from_status, to_status FROM declared
  UNION
  SELECT board_uid, profile, status, unnest(['HUMAN_REVIEW', 'ON_HOLD']) FROM statuses WHERE status NOT IN ('HUMAN_REVIEW', 'ON_HOLD')
  UNION
  SELECT board_uid, profile, unnest(['HUMAN_REVIEW', 'ON_HOLD']), 'UNASSIGNED' FROM declared
), outside AS (
  SELECT s.*, d.profile IS NOT NULL AS is_known
  FROM steps s
  LEFT JOIN (SELECT DISTINCT board_uid, profile FROM declared) d ON d.board_uid = s.board_uid AND d.profile = s.profile
  ANTI JOIN allowed a
    ON a.board_uid = s.board_uid AND a.profile = s.profile AND a.from_status = s.from_status AND a.to_status = s.to_status
  WHERE NOT s.is_broken
), latest AS (
  SELECT board_uid, profile, max(profile_version) AS profile_version FROM profile_edges GROUP BY ALL
), blocks AS ( -- Which numbers are there, 32 a block: a missing one is a missing bit, a second one a count above the bits.
  SELECT board_uid, (sequence_id - 1) // 32 AS block, count(*) AS count,
    bit_or(1::BIGINT << ((sequence_id - 1) % 32)) AS present, max(sequence_id) AS last_id
  FROM events WHERE sequence_id >= 1 GROUP BY ALL
), ends AS (
  SELECT board_uid, max(last_id) - sum(bit_count(present)) AS missing, max(block) AS last_block FROM blocks GROUP BY board_uid
), broken AS (
  SELECT board_uid, missing, unnest(range(last_block + 1)) AS block FROM ends WHERE missing > 0
), gaps AS (
  SELECT g.board_uid, g.missing, min(g.block * 32 + n.bit + 1) AS sequence_id
  FROM broken g LEFT JOIN blocks b ON b.board_uid = g.board_uid AND b.block = g.block, range(32) n(bit)
  WHERE coalesce(bit_count(b.present), 0) < 32 AND (coalesce(b.present, 0) & (1::BIGINT << n.bit)) = 0
  GROUP BY g.board_uid, g.missing
), doubled AS (
  SELECT e.board_uid, e.sequence_id, count(*) - 1 AS count, min(e.task_id) AS task_id
  FROM events e SEMI JOIN blocks b
    ON b.board_uid = e.board_uid AND b.block = (e.sequence_id - 1) // 32 AND b.count > bit_count(b.present)
  GROUP BY e.board_uid, e.sequence_id HAVING count(*) > 1
), found AS (
  SELECT 1 AS rank, 'outside_profile' AS kind, board_uid, profile, from_status, to_status, count, task_id, sequence_id
  FROM outside WHERE is_known
  UNION ALL
  SELECT 2, 'unknown_profile', board_uid, profile, NULL, NULL, sum(count), arg_min(task_id, sequence_id), min(sequence_id)
  FROM outside WHERE NOT is_known GROUP BY board_uid, profile
  UNION ALL
  SELECT 3, 'broken_link', board_uid, profile, from_status, to_status, count, task_id, sequence_id FROM steps WHERE is_broken
  UNION ALL
  SELECT 4, 'sequence_gap', board_uid, NULL, NULL, NULL, missing, NULL, sequence_id FROM gaps
  UNION ALL
  SELECT 5, 'sequence_duplicate', board_uid, NULL, NULL, NULL, sum(count), arg_min(task_id, sequence_id), min(sequence_id)
  FROM doubled GROUP BY board_uid
  UNION ALL
  SELECT 6, 'time_goes_back', board_uid, profile, from_status, to_status, backward, backward_task_id, backward_sequence_id
  FROM steps WHERE backward > 0
  UNION ALL
  SELECT 7, 'ended_non_terminal', board_uid, profile, status, NULL, count(*), arg_min(task_id, entered_sequence_id), min(entered_sequence_id)
  FROM current_stages WHERE finished_sequence_id IS NULL GROUP BY board_uid, profile, status
  UNION ALL
  SELECT 8, 'unused_edge', e.board_uid, e.profile, e.from_status, e.to_status, 0, NULL, NULL
  FROM profile_edges e
  SEMI JOIN latest l ON l.board_uid = e.board_uid AND l.profile = e.profile AND l.profile_version = e.profile_version
  SEMI JOIN task_times t ON t.board_uid = e.board_uid AND t.profile = e.profile
  ANTI JOIN steps s ON s.board_uid = e.board_uid AND s.profile = e.profile AND s.from_status = e.from_status AND s.to_status = e.to_status
)
SELECT kind, board_uid, profile, from_status, to_status, CAST(count AS BIGINT) AS count, task_id AS example_task_id,
  sequence_id AS example_sequence_id
FROM found ORDER BY rank, count DESC, board_uid, profile, from_status, to_status;
