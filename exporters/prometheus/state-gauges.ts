import type { TaskCount } from '../../board/backends/backend.ts';
import type { Json } from '../../board/core/json.ts';
import type { Agent } from '../../board/core/records.ts';
import { US_PER_SECOND } from '../../board/core/time.ts';
import type { Family } from './family.ts';
import { labelValueOf } from './label-values.ts';
import { AGENTS, CHIEF_STATE, OLDEST_ENTERED, TASKS } from './names.ts';
import type { Totals } from './totals.ts';

/** What the state gauges ask of a board, at every scrape. */
export interface GaugeSource {
  /** Unfinished tasks by type, status and stage kind: one grouped query. */
  countOpenTasks(): Promise<readonly TaskCount[]>;
  listAgents(): Promise<readonly Agent[]>;
  /** The data keys that begin with a prefix. */
  listData(prefix: string): Promise<{ readonly entries: readonly { readonly value: Json }[] }>;
}

/** Whether a source knows its present state; an exported log does not. */
export function isGaugeSource(source: object): source is GaugeSource {
  return ['countOpenTasks', 'listAgents', 'listData'].every(
    method => method in source && typeof (source as Record<string, unknown>)[method] === 'function',
  );
}

const AGENT_STATUSES = ['IDLE', 'BUSY', 'OFFLINE'];
const CHIEF_STATES = ['sleeping', 'thinking', 'acting'];
/** The data keys in which Chiefs report: a Chief with a name of its own adds that (spec.md). */
const CHIEF_TELEMETRY_PREFIX = '_chief_telemetry';

/**
 * Reads the present state into the gauges.
 *
 * @param stages the stage durations of the log: where a stage once ended tasks have been, so its gauge is printed as 0.
 */
export async function readState(source: GaugeSource, state: Totals, stages: Family): Promise<void> {
  const [tasks, agents, telemetry] = await Promise.all([
    source.countOpenTasks(),
    source.listAgents(),
    source.listData(CHIEF_TELEMETRY_PREFIX),
  ]);
  setTasks(state, tasks, stages);
  setOldest(state.family(OLDEST_ENTERED), tasks);
  setAgents(state, agents);
  setChiefState(
    state,
    telemetry.entries.map(({ value }) => value),
  );
}

function setTasks(state: Totals, tasks: readonly TaskCount[], stages: Family): void {
  const kindPlace = stages.labelNames.indexOf('stage_kind');
  state.apply({ kind: 'zero', metric: TASKS });
  for (const { values } of stages.series) {
    // Both metrics have the same labels in the same order. A finished task is not counted, so its status shows no zero.
    if (values[kindPlace] !== 'terminal') state.family(TASKS).atKept(values);
  }
  for (const { task_type, status, stage_kind, count } of tasks) {
    state.apply({ kind: 'add', metric: TASKS, labels: [task_type, status, stage_kind], by: count });
  }
}

function setOldest(oldest: Family, tasks: readonly TaskCount[]): void {
  oldest.clear();
  for (const { task_type, status, oldest_entered_at } of tasks) {
    const series = oldest.at([task_type, status].map(labelValueOf));
    const enteredAt = oldest_entered_at / US_PER_SECOND;
    series.value = series.value === 0 ? enteredAt : Math.min(series.value, enteredAt);
  }
}

function setAgents(state: Totals, agents: readonly Agent[]): void {
  state.apply({ kind: 'zero', metric: AGENTS });
  for (const { status, capabilities } of agents) {
    for (const capability of new Set(capabilities.length === 0 ? [''] : capabilities)) {
      for (const each of AGENT_STATUSES) {
        const by = each === status ? 1 : 0;
        state.apply({ kind: 'add', metric: AGENTS, labels: [each, capability], by });
      }
    }
  }
}

function setChiefState(state: Totals, telemetry: readonly Json[]): void {
  const reported = telemetry.flatMap(value =>
    value !== null && typeof value === 'object' && 'status' in value ? [value.status] : [],
  );
  if (reported.length === 0) return;
  for (const each of CHIEF_STATES) {
    const to = reported.filter(status => status === each).length;
    state.apply({ kind: 'set', metric: CHIEF_STATE, labels: [each], to });
  }
}
