-- Little's law.
-- Question: does as much leave as comes, so that averages over the log mean something?
-- Formula: L = mean_wip = time of all tasks in the system / the window (exactly the integral of the tasks there);
--   lambda = arrivals / window; W = mean elapsed time of those that departed; expected_wip = lambda * W;
--   gap = (L - lambda * W) / L. Stationary: the gap is at most 0.1 in absolute value. The window is the board's log
--   (log_spans); the row without a board_uid is all boards, from the first one's beginning to the last one's end.
-- Source: docs/analysis.md 10
-- Needs: events
SELECT board_uid, make_timestamp(first_us) AS started_at, make_timestamp(last_us) AS ended_at, window_us / 1e6 AS window_seconds, arrivals, departures,
  task_us / nullif(window_us, 0) AS mean_wip,
  arrivals / nullif(window_us / 3.6e9, 0) AS arrivals_per_hour,
  elapsed_us / departures / 1e6 AS mean_elapsed_seconds,
  arrivals / nullif(window_us, 0) * elapsed_us / departures AS expected_wip,
  gap, abs(gap) <= 0.1 AS is_stationary
FROM flow_balances ORDER BY board_uid NULLS FIRST;
