/**
 * Panels that show figures as they are, and no rates: dashboard and title → the same figures by SQL, as `value` and, where a panel
 * has several series, the labels it tells them apart by.
 */
export const EXACT_PANELS: Readonly<Record<string, string>> = {
  'Quadro: flow / Tasks in progress': 'select count(*) as value from open_visits',
  'Quadro: flow / Work in progress by stage': `
    select status, sum(n) as value from (
      select status, 1 as n from open_visits
      union all select status, 0 from visits where left_at is not null and stage_kind <> 'terminal')
    group by status`,
  'Quadro: Chief sleep study / Stranded tasks': `
    select sum(min(
      (select count(*) from routable r where r.capability = each.capability),
      (select count(*) from capabilities c where c.capability = each.capability and c.status = 'IDLE'))) as value
    from (select distinct capability from capabilities) each`,
  'Quadro: Chief sleep study / Consecutive noops': `
    select count(*) as value from cycles where result = 'noop'
      and sequence_id > (select max(sequence_id) from cycles where result = 'acted')`,
  'Quadro: Ombudsman and agents / Agents by status': `
    select capability, s.value as status, sum(c.status = s.value) as value
    from capabilities c, json_each('["IDLE", "BUSY", "OFFLINE"]') s group by 1, 2`,
  'Quadro: exporter health / Cursor': `
    select s.value as signal, (select max(sequence_id) from events) as value from json_each('["metrics", "traces"]') s`,
};
