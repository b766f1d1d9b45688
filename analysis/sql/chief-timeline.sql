-- State timeline of each Chief.
-- Question: when did the Chief sleep, think, act?
-- Formula: each cycle is three spans in turn: sleeping until it woke, thinking for thinking_us, acting until it slept.
-- Source: docs/analysis.md 17
-- Needs: chief_cycles
SELECT board_uid, chief_id, cycle_id, sequence_id, span.state, span.started_at, span.ended_at,
  (epoch_us(span.ended_at) - epoch_us(span.started_at)) / 1e6 AS seconds
FROM cycles, unnest([
  {'state': 'sleeping', 'started_at': previous_slept_at, 'ended_at': woke_at},
  {'state': 'thinking', 'started_at': woke_at, 'ended_at': make_timestamp(woke_us + thinking_us)},
  {'state': 'acting', 'started_at': make_timestamp(woke_us + thinking_us), 'ended_at': slept_at}
]) AS spans(span)
WHERE span.started_at IS NOT NULL
ORDER BY board_uid, chief_id, sequence_id, span.started_at, span.ended_at;
