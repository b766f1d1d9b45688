-- Tasks in each stage over time.
-- Question: where did work stand, and when did it pile up there?
-- Formula: tasks in a stage (status and kind) at each bucket's end, up to their first finish; over all stages they sum to
--   the wip of flow-series.sql. The 20 stages with most time in them, the rest together; zeros included.
-- Source: docs/analysis.md 7
-- Needs: events
SELECT bucket_at, bucket_seconds, position, status, stage_kind, wip FROM stage_wip ORDER BY bucket_at, position;
