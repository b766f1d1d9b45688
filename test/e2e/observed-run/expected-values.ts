import * as metrics from '../../../exporters/prometheus/names.ts';
import { DISPATCH_GRACE_SECONDS } from '../../support/observed-run.ts';

const GRACE_US = DISPATCH_GRACE_SECONDS * 1_000_000;

/** Metric → a query whose rows are its series: the labels, and `value`. */
export const VALUES: Readonly<Record<string, string>> = {
  [metrics.TASK_TRANSITIONS.name]: `
    select task_type, coalesce(from_status, '') as from_status, to_status, edge, count(*) as value
    from transitions group by all_labels`,
  [metrics.TASKS.name]: `
    select task_type, status, stage_kind, sum(n) as value from (
      select task_type, status, stage_kind, 1 as n from open_visits
      union all select task_type, status, stage_kind, 0 from visits where left_at is not null and stage_kind <> 'terminal')
    group by all_labels`,
  [metrics.OLDEST_ENTERED.name]: `
    select task_type, status, min(entered_at) / 1e6 as value from open_visits group by all_labels`,
  [metrics.AGENTS.name]: `
    select s.value as status, capability, sum(c.status = s.value) as value
    from capabilities c, json_each('["IDLE", "BUSY", "OFFLINE"]') s group by all_labels`,
  [metrics.CHIEF_ACTIONS.name]: 'select trigger, sum(actions_taken) as value from cycles group by all_labels',
  [metrics.CHIEF_WAKES_COALESCED.name]: 'select trigger, sum(coalesced_wakes) as value from cycles group by all_labels',
  [metrics.CHIEF_CONSECUTIVE_NOOPS.name]: `
    select sum(result = 'noop') as value from cycles
    where sequence_id > (select max(sequence_id) from cycles where actions_taken > 0)`,
  [metrics.CHIEF_STATE.name]: `
    select s.value as state, sum(json_extract(d.value, '$.status') = s.value) as value
    from data_entries d, json_each('["sleeping", "thinking", "acting"]') s
    where d.key like '\\_chief\\_telemetry%' escape '\\' group by all_labels`,
  [metrics.CHIEF_LAST_WAKE.name]: `
    select woke_at / 1e6 as value from cycles where sequence_id = (select max(sequence_id) from cycles)`,
  [metrics.DISPATCH_STRANDED.name]: `
    select capability, min(
      (select count(*) from routable r where r.capability = each.capability),
      (select count(*) from capabilities c where c.capability = each.capability and c.status = 'IDLE')) as value
    from (select capability from routable union select capability from capabilities) each`,
  [metrics.DISPATCH_FAILURE.name]: `
    with late as (
      select woke_at, previous_slept_at, iif(former_stranded > 0, previous_slept_at, max(previous_slept_at, (
        select min(timestamp) from events e where e.sequence_id > former_seen
          and e.sequence_id <= cycles.seen_sequence_id and event_type <> 'task_heartbeat' and cycle_id is null))) as since
      from cycles where previous_slept_at is not null and exists (
        select 1 from json_each(by_capability) c
        where json_extract(c.value, '$.waiting') > 0 and json_extract(c.value, '$.idle_agents') > 0))
    select coalesce(sum(woke_at - since - ${GRACE_US}), 0) / 1e6 as value from late
    where woke_at - since > ${GRACE_US}`,
  [metrics.OMBUDSMAN_STALE.name]: `
    select task_type, status, sum(n) as value from (
      select task_type, status, 1 as n from found_stale
      union all select task_type, status, 0 from visits where stage_kind in ('active', 'review', 'rework'))
    group by all_labels`,
  [metrics.OMBUDSMAN_LAST_TICK.name]: `
    select ended_at / 1e6 as value from ombudsman_ticks order by sequence_id desc limit 1`,
  [metrics.CLAMPED_DURATIONS.name]: `
    select (select count(*) from signs_of_life where timestamp < former)
      + (select count(*) from visits where left_at < entered_at) as value`,
};

/** Histogram → a query with a row for each observation: the labels, and `us` in microseconds. */
export const OBSERVATIONS: Readonly<Record<string, string>> = {
  [metrics.TASK_DURATION.name]: 'select task_type, outcome, us from finishes',
  [metrics.STAGE_DURATION.name]: `
    select task_type, status, stage_kind, left_at - entered_at as us from visits where left_at is not null`,
  [metrics.HEARTBEAT_INTERVAL.name]: `
    select task_type, timestamp - former as us from signs_of_life where event_type = 'task_heartbeat'`,
  [metrics.CHIEF_CYCLE_DURATION.name]: 'select trigger, result, slept_at - woke_at as us from cycles',
  [metrics.CHIEF_SLEEP_DURATION.name]: `
    select trigger as woken_by, woke_at - previous_slept_at as us from cycles where previous_slept_at is not null`,
  [metrics.OMBUDSMAN_TICK_DURATION.name]: `
    select iif(error is not null, 'error', iif(stale_count > 0, 'found', 'empty')) as result, ended_at - started_at as us
    from ombudsman_ticks`,
  [metrics.STALE_DETECTION.name]: 'select task_type, us from found_stale',
};
