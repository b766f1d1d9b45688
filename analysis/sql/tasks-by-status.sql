-- Tasks in each status.
-- Question: what state is everything in?
-- Formula: count of task rows by status, archived ones too; standing says whether they are open, finished or archived.
-- Source: docs/analysis.md, The log at a glance
-- Needs: tasks
SELECT status, count(*) AS count,
  count(*) FILTER (standing = 'open') AS open,
  count(*) FILTER (standing = 'finished') AS finished,
  count(*) FILTER (standing = 'archived') AS archived
FROM tasks GROUP BY status ORDER BY count DESC, status;
