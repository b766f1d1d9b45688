/**
 * What the metrics' figures are computed from, as views over a board's SQLite file: visits to statuses and signs of life worked
 * out from the order of the events alone, not from what an event says of the stage it ends.
 */
export const LOG_VIEWS = `
  create temp view transitions as
    select sequence_id, task_id, task_type, timestamp, edge, to_status, stage_kind,
      lag(to_status) over task as from_status, json_extract(payload, '$.reason') as reason
    from events where event_type <> 'task_heartbeat'
    window task as (partition by task_id order by sequence_id);

  create temp view visits as
    select task_id, task_type, to_status as status, stage_kind, timestamp as entered_at,
      lead(timestamp) over task as left_at, lead(sequence_id) over task as left_sequence_id,
      row_number() over (partition by task_id order by sequence_id desc) as from_last
    from transitions
    window task as (partition by task_id order by sequence_id);

  create temp view signs_of_life as
    select sequence_id, task_id, task_type, event_type, timestamp,
      lag(timestamp) over (partition by task_id order by sequence_id) as former
    from events where coalesce(json_extract(payload, '$.fenced'), 0) = 0;

  create temp view found_stale as
    select t.task_type, t.from_status as status, t.timestamp - s.former as us
    from transitions t join signs_of_life s using (sequence_id) where t.reason = 'stale_heartbeat';

  create temp view finishes as
    select f.task_type, f.to_status as outcome, f.timestamp - p.timestamp as us
    from transitions f join transitions p using (task_id)
    where p.edge = 'post' and f.sequence_id = (
      select min(sequence_id) from transitions t
      where t.task_id = f.task_id and t.to_status in ('published', 'COMPLETE', 'HUMAN_REVIEW'));

  create temp view open_visits as
    select task_id, task_type, status, stage_kind, entered_at from visits
    where from_last = 1 and status not in ('published', 'COMPLETE', 'HUMAN_REVIEW');

  create temp view cycles as
    select *, case when error is not null then 'error' when actions_taken > 0 then 'acted'
      when trigger in ('worker', 'board_event') then 'noop' else 'empty' end as result,
      lag(stranded_after) over chief as former_stranded, lag(seen_sequence_id) over chief as former_seen
    from chief_cycles window chief as (partition by chief_id order by sequence_id);

  create temp view capabilities as
    select agent_id, status, value as capability from agents, json_each(agents.capabilities);

  create temp view routable as
    select case status when 'UNASSIGNED' then iif(task_type = 'article', 'ideation', task_type)
      when 'idea_ready' then 'research' when 'research_ready' then 'writing' when 'REVISION_NEEDED' then task_type
      else 'review' end as capability
    from open_visits where stage_kind = 'wait' and status not in ('APPROVED', 'STALE');
`;
