-- Transitions taken.
-- Question: which steps did tasks take, and how often?
-- Formula: count of transitions by (from_status, to_status, edge), as the events say; the post has no from_status and is left out.
-- Source: docs/analysis.md 1
-- Needs: events
SELECT from_status, to_status, edge, count(*) AS count
FROM transitions WHERE edge <> 'post'
GROUP BY from_status, to_status, edge ORDER BY from_status, to_status, edge;
