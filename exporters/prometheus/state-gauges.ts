import type { TaskCount } from '../../board/backends/backend.ts';
import type { OpenState } from '../../board/core/intents.ts';
import type { Json, JsonObject } from '../../board/core/json.ts';
import type { Agent } from '../../board/core/records.ts';
import { US_PER_SECOND } from '../../board/core/time.ts';
import type { Family } from './family.ts';
import { labelValueOf } from './label-values.ts';
import { AGENTS, CHIEF_STATE, DISPATCH_STRANDED, OLDEST_ENTERED, TASKS } from './names.ts';
import { type DispatchState, strandedByCapability } from './stranded-work.ts';
import type { Totals } from './totals.ts';

/** What the state gauges ask of a board, at every scrape. */
export interface GaugeSource {
  /** Unfinished tasks by type, profile, status and stage kind: one grouped query. */
  countOpenTasks(): Promise<readonly TaskCount[]>;
  listAgents(): Promise<readonly Agent[]>;
  /** `profile@version` → wait status → what may be dispatched from there. */
  routes(): Promise<OpenState['routes']>;
  /** The data keys that begin with a prefix. */
  listData(prefix: string): Promise<{ readonly entries: readonly { readonly value: Json }[] }>;
}

/** Whether a source knows its present state; an exported log does not. */
export function isGaugeSource(source: object): source is GaugeSource {
  return ['countOpenTasks', 'listAgents', 'routes', 'listData'].every(
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
  const [tasks, agents, routes, telemetry] = await Promise.all([
    source.countOpenTasks(),
    source.listAgents(),
    source.routes(),
    source.listData(CHIEF_TELEMETRY_PREFIX),
  ]);
  const chiefs = telemetry.entries.map(({ value }) => value).filter(isObject);
  setTasks(state, tasks, stages);
  setOldest(state.family(OLDEST_ENTERED), tasks);
  setAgents(state, agents);
  setStranded(state, { tasks, agents, routes }, chiefs);
  setChiefState(state, chiefs);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setTasks(state: Totals, tasks: readonly TaskCount[], stages: Family): void {
  const family = state.family(TASKS);
  state.apply({ kind: 'zero', metric: TASKS });
  for (const { labels } of stages.series) {
    // A finished task is not counted, so its status shows no zero.
    if (labels.stage_kind !== 'terminal') family.atKept(family.labelNames.map(label => labels[label] ?? ''));
  }
  for (const { task_type, status, stage_kind, count } of tasks) {
    state.apply({ kind: 'add', metric: TASKS, labels: [task_type, status, stage_kind], by: count });
  }
}

function setOldest(oldest: Family, tasks: readonly TaskCount[]): void {
  const gone = new Set(oldest.series);
  for (const { task_type, status, oldest_entered_at } of tasks) {
    const series = oldest.at([task_type, status].map(labelValueOf));
    const enteredAt = oldest_entered_at / US_PER_SECOND;
    // Tasks that differ in more than these labels share a series; the first of them replaces what the scrape before saw.
    const isFirst = gone.delete(series) || series.value === 0;
    series.value = isFirst ? enteredAt : Math.min(series.value, enteredAt);
  }
  for (const series of gone) oldest.remove(series);
}

function setAgents(state: Totals, agents: readonly Agent[]): void {
  state.apply({ kind: 'zero', metric: AGENTS });
  for (const { agent_id, status, capabilities } of agents) {
    for (const capability of new Set(capabilities.length === 0 ? [''] : capabilities)) {
      for (const each of AGENT_STATUSES) {
        const by = each === status ? 1 : 0;
        state.apply({ kind: 'add', metric: AGENTS, labels: [each, capability, agent_id], by });
      }
    }
  }
}

function setStranded(state: Totals, dispatch: DispatchState, chiefs: readonly JsonObject[]): void {
  // Which of several Chiefs sees to a task is not on the board: only where all of them drain, nothing may leave UNASSIGNED.
  const isDraining = chiefs.length > 0 && chiefs.every(({ draining }) => draining === true);
  state.apply({ kind: 'zero', metric: DISPATCH_STRANDED });
  for (const [capability, by] of strandedByCapability(dispatch, { isDraining })) {
    state.apply({ kind: 'add', metric: DISPATCH_STRANDED, labels: [capability], by });
  }
}

function setChiefState(state: Totals, chiefs: readonly JsonObject[]): void {
  const reported = chiefs.flatMap(({ status }) => (status === undefined ? [] : [status]));
  if (reported.length === 0) return;
  for (const each of CHIEF_STATES) {
    const to = reported.filter(status => status === each).length;
    state.apply({ kind: 'set', metric: CHIEF_STATE, labels: [each], to });
  }
}
