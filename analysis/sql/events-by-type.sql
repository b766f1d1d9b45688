-- Events of each type.
-- Question: what is in the log?
-- Formula: count by event_type.
-- Source: docs/analysis.md, The log at a glance
-- Needs: events
SELECT event_type, count(*) AS count FROM events GROUP BY event_type ORDER BY count DESC, event_type;
