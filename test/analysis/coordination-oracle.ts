/**
 * What the analyses of coordination must give, worked out the slow way: instant by instant, each definition of
 * docs/analysis.md as it reads there. It shares no idea with the SQL, and only small logs can wait for it.
 */
import type { WaitCause } from '../../analysis/index.ts';
import { lifecycleFromDefinition } from '../../board/core/lifecycle/definition.ts';
import type { Agent, ChiefCycle, Event, ProfileRecord, Task } from '../../board/core/records.ts';
import { type Stage, stagesOf } from '../../board/core/stages.ts';
import { WORKING_KINDS } from '../../board/core/statuses.ts';
import type { Micros } from '../../board/core/time.ts';
import type { TableSource } from '../../board/table-source.ts';

/** The tables of one board. */
export interface Log {
  readonly events: readonly Event[];
  readonly cycles: readonly ChiefCycle[];
  readonly tasks: readonly Task[];
  readonly agents: readonly Agent[];
  readonly profiles: readonly ProfileRecord[];
}

/** Reads a small board whole. */
export async function readLog(source: TableSource): Promise<Log> {
  return {
    events: await source.events(0, 10_000),
    cycles: await source.chiefCycles(0, 10_000),
    tasks: await Array.fromAsync(source.tasks()),
    agents: await Array.fromAsync(source.agents()),
    profiles: await Array.fromAsync(source.profiles()),
  };
}

/** A visit to a wait stage. */
export interface Wait {
  readonly task: Task;
  readonly status: string;
  readonly capability: string | null;
  readonly isRouted: boolean;
  readonly chief: string | null;
  readonly entered_sequence_id: number;
  readonly from: Micros;
  readonly until: Micros;
  readonly isOpen: boolean;
  readonly isDispatched: boolean;
}

type Split = Readonly<Record<WaitCause, number>>;

/** A time in which a Chief slept although it could have handed out work. */
export interface Failure {
  readonly chief_id: string;
  readonly stranded: Micros;
  readonly ended: Micros;
  readonly micros: number;
  readonly taskMicros: number;
  readonly peak: number;
  readonly capabilities: readonly string[];
  readonly endedBy: 'wake' | 'draining' | 'cleared' | 'log_end';
}

type ChiefState = {
  readonly is: 'cycle' | 'sleep' | 'gone';
  readonly draining: boolean;
  readonly from: Micros;
  readonly until: Micros;
};

const covers = (span: { from: Micros; until: Micros }, at: Micros): boolean => span.from <= at && at < span.until;

/** The log of one board, asked instant by instant. */
export class Oracle {
  readonly end: Micros;
  readonly waits: readonly Wait[];
  readonly chiefs: readonly string[];
  readonly #log: Log;
  readonly #works: readonly { agent: string; from: Micros; until: Micros }[];
  readonly #instants: readonly Micros[];

  constructor(log: Log) {
    this.#log = log;
    const { events, cycles, agents } = log;
    this.end = Math.max(...events.map(each => each.timestamp), ...cycles.map(each => each.slept_at));
    this.chiefs = [...new Set(cycles.map(each => each.chief_id))];
    const stages = log.tasks.map(
      task => [task, stagesOf(events.filter(each => each.task_id === task.task_id))] as const,
    );
    this.#works = stages.flatMap(([, visits]) => visits.flatMap(stage => this.#work(stage)));
    this.waits = stages.flatMap(([task, visits]) =>
      visits.flatMap((stage, index) => this.#wait(task, stage, visits[index + 1])),
    );
    const instants = [
      ...events.map(each => each.timestamp),
      ...cycles.flatMap(each => [each.woke_at, each.slept_at, each.previous_slept_at ?? each.woke_at]),
      ...agents.flatMap(each => [each.registered_at, each.last_seen_at]),
      this.end,
    ];
    this.#instants = [...new Set(instants)].sort((a, b) => a - b);
  }

  #work({ stage_kind, assigned_to, entered_at, exited_at }: Stage): { agent: string; from: Micros; until: Micros }[] {
    if (!WORKING_KINDS.has(stage_kind) || assigned_to === null) return [];
    return [{ agent: assigned_to, from: entered_at, until: exited_at ?? this.end }];
  }

  #wait(task: Task, stage: Stage, next: Stage | undefined): Wait[] {
    if (stage.stage_kind !== 'wait') return [];
    const version = Math.max(
      ...this.#log.profiles.filter(each => each.profile === task.profile).map(each => each.profile_version),
    );
    const profile = this.#log.profiles.find(each => each.profile === task.profile && each.profile_version === version);
    const route = profile && lifecycleFromDefinition(profile.definition, { resumable: true }).routes.get(stage.status);
    const until = stage.exited_at ?? this.end;
    return [
      {
        task,
        status: stage.status,
        capability: route === undefined ? null : route.capability === '$task_type' ? task.task_type : route.capability,
        isRouted: route !== undefined,
        chief: this.#responsible(task.task_type, until),
        entered_sequence_id: stage.entered_sequence_id,
        from: stage.entered_at,
        until,
        isOpen: stage.exited_at === null,
        isDispatched: route !== undefined && next?.status === route.to_status,
      },
    ];
  }

  /** The Chief that last began to move such tasks, from the end of its first cycle that did; else the board's first. */
  #responsible(taskType: string, at: Micros): string | null {
    let found = this.chiefs[0] ?? null;
    let since = Number.NEGATIVE_INFINITY;
    for (const chief of this.chiefs) {
      const moving = this.#log.cycles.filter(cycle => {
        if (cycle.chief_id !== chief) return false;
        const steps = this.#log.events.filter(each => each.cycle_id === cycle.cycle_id && each.edge !== 'post');
        return steps.some(each => each.task_type === taskType);
      });
      const first = Math.min(...moving.map(each => each.slept_at));
      if (first > at || first < since) continue;
      found = chief;
      since = first;
    }
    return found;
  }

  /** Each state of a Chief, one after the other. */
  states(chief: string): readonly ChiefState[] {
    const states: ChiefState[] = [];
    let before: ChiefCycle | null = null;
    let ended = Number.NEGATIVE_INFINITY;
    for (const cycle of this.#log.cycles.filter(each => each.chief_id === chief)) {
      const woke = Math.max(cycle.woke_at, ended);
      const slept = Math.max(cycle.slept_at, woke);
      const draining = before?.draining ?? false;
      if (cycle.previous_slept_at !== null) {
        const fell = Math.max(Math.min(cycle.previous_slept_at, woke), ended);
        if (ended < fell && before !== null) states.push({ is: 'gone', draining, from: ended, until: fell });
        states.push({ is: 'sleep', draining, from: fell, until: woke });
      } else if (before !== null) {
        states.push({ is: 'gone', draining, from: ended, until: woke });
      }
      states.push({ is: 'cycle', draining: cycle.draining, from: woke, until: slept });
      ended = slept;
      before = cycle;
    }
    if (before !== null) states.push({ is: 'sleep', draining: before.draining, from: ended, until: this.end });
    return states.filter(each => each.from < each.until);
  }

  #known(capability: string, at: Micros): readonly Agent[] {
    return this.#log.agents.filter(
      each =>
        each.capabilities.includes(capability) &&
        each.registered_at <= at &&
        (each.status !== 'OFFLINE' || at < each.last_seen_at),
    );
  }

  #idle(capability: string, at: Micros): readonly Agent[] {
    return this.#known(capability, at).filter(
      each => !this.#works.some(work => work.agent === each.agent_id && covers(work, at)),
    );
  }

  #causeAt(wait: Wait, at: Micros, states: readonly ChiefState[]): WaitCause {
    if (!wait.isRouted) return 'other';
    const state = states.find(each => covers(each, at));
    if (state?.draining && state.is !== 'gone' && wait.status === 'UNASSIGNED') return 'draining';
    if (wait.capability !== null && this.#known(wait.capability, at).length === 0) return 'no_agent';
    if (wait.capability !== null && this.#idle(wait.capability, at).length === 0) return 'contention';
    if (state?.is === 'cycle') return 'chief_cycle';
    return state?.is === 'sleep' ? 'chief_sleep' : 'other';
  }

  /** What held a wait, in microseconds. */
  split(wait: Wait): Split {
    const split = { draining: 0, no_agent: 0, contention: 0, chief_cycle: 0, chief_sleep: 0, other: 0 };
    const states = wait.chief === null ? [] : this.states(wait.chief);
    for (const { from, until } of this.#pieces(wait)) split[this.#causeAt(wait, from, states)] += until - from;
    return split;
  }

  /** How long after the first lower-ranked task was dispatched instead a wait went on. */
  inversion(wait: Wait): number {
    if (wait.capability === null) return 0;
    const { priority, created_at } = wait.task;
    const overtaking = this.waits.filter(
      ({ task, status, capability, until, isDispatched }) =>
        isDispatched &&
        status === wait.status &&
        capability === wait.capability &&
        until > wait.from &&
        until < wait.until &&
        (task.priority > priority || (task.priority === priority && task.created_at > created_at)),
    );
    return overtaking.length === 0 ? 0 : wait.until - Math.min(...overtaking.map(each => each.until));
  }

  /** The dispatch failures of a Chief. */
  failures(chief: string, grace: number): readonly Failure[] {
    const states = this.states(chief);
    const waits = this.waits.filter(each => each.chief === chief && each.capability !== null);
    const capabilities = [...new Set(waits.map(each => each.capability ?? ''))].sort();
    const failures: Failure[] = [];
    for (const [index, sleep] of states.entries()) {
      if (sleep.is !== 'sleep' || sleep.draining) continue;
      let run: { from: Micros; until: Micros; by: number[] }[] = [];
      const close = (): void => {
        const failure = this.#failure(chief, run, capabilities, grace, { sleep, next: states[index + 1] });
        if (failure !== null) failures.push(failure);
        run = [];
      };
      for (const piece of this.#pieces(sleep)) {
        const by = capabilities.map(capability => {
          const waiting = waits.filter(each => each.capability === capability && covers(each, piece.from)).length;
          return Math.min(waiting, this.#idle(capability, piece.from).length);
        });
        if (by.some(count => count > 0)) run.push({ ...piece, by });
        else close();
      }
      close();
    }
    return failures;
  }

  #failure(
    chief_id: string,
    run: readonly { from: Micros; until: Micros; by: readonly number[] }[],
    names: readonly string[],
    grace: number,
    { sleep, next }: { sleep: ChiefState; next: ChiefState | undefined },
  ): Failure | null {
    const stranded = run[0]?.from ?? 0;
    const ended = run.at(-1)?.until ?? 0;
    const started = stranded + grace;
    if (ended <= started) return null;
    const failing = run.filter(each => each.until > started);
    const sum = (by: readonly number[]): number => by.reduce((total, count) => total + count, 0);
    const wakes = next?.draining ? 'draining' : 'wake';
    return {
      chief_id,
      stranded,
      ended,
      micros: ended - started,
      taskMicros: sum(failing.map(each => sum(each.by) * (each.until - Math.max(each.from, started)))),
      peak: Math.max(...failing.map(each => sum(each.by))),
      capabilities: names.filter((_, index) => failing.some(each => (each.by[index] ?? 0) > 0)),
      endedBy: ended < sleep.until ? 'cleared' : next === undefined ? 'log_end' : wakes,
    };
  }

  /** How many events should have woken a Chief within the grace, and did not. */
  missedWakes(chief: string, grace: number): number {
    const cycles = this.#log.cycles.filter(each => each.chief_id === chief);
    const firstWoke = Math.min(...cycles.map(each => each.woke_at));
    const calls = this.#log.events.filter(
      each =>
        each.edge !== null &&
        each.cycle_id === null &&
        each.timestamp >= firstWoke &&
        this.#responsible(each.task_type, each.timestamp) === chief,
    );
    return calls.filter(({ sequence_id, timestamp }) => {
      const seeing = cycles.find(each => each.seen_sequence_id >= sequence_id);
      if (seeing === undefined) return this.end - timestamp > grace;
      return seeing.previous_slept_at !== null && seeing.woke_at - timestamp > grace;
    }).length;
  }

  /** A span cut at every instant at which anything changes. */
  #pieces({ from, until }: { from: Micros; until: Micros }): { from: Micros; until: Micros }[] {
    const cuts = [from, ...this.#instants.filter(at => from < at && at < until), until];
    return cuts.slice(1).map((at, index) => ({ from: cuts[index] ?? from, until: at }));
  }
}
