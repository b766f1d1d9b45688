-- Sleeps by length.
-- Question: are the Chief's sleeps alike, or are there short ones of one cause and long ones of another?
-- Formula: count of sleeps with lower <= length < upper, by what ended them; bounds 0, 1, 2, 5, 10, … ms and so on to half
--   a million seconds. share = count / all sleeps of the Chief.
-- Source: docs/analysis.md 17
-- Needs: chief_cycles
SELECT c.board_uid, c.chief_id, c."trigger" AS woken_by, l.lower_us / 1e6 AS lower_seconds, l.upper_us / 1e6 AS upper_seconds,
  count(*) AS count, count(*) / sum(count(*)) OVER (PARTITION BY c.board_uid, c.chief_id) AS share
FROM cycles c ASOF JOIN sleep_lengths l ON l.lower_us <= greatest(c.sleep_us, 0)
WHERE c.sleep_us IS NOT NULL
GROUP BY c.board_uid, c.chief_id, c."trigger", l.lower_us, l.upper_us
ORDER BY c.chief_id, c.board_uid, l.lower_us, c."trigger";
