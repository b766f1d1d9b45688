import { randomNumbers } from '../../analysis/compare/random-numbers.ts';
import type { ChiefCycle, Event } from '../../board/core/records.ts';
import type { EdgeKind, EventType, StageKind } from '../../board/core/statuses.ts';
import { isoOf, type Micros } from '../../board/core/time.ts';

/** Who works on the simulated board, and when they were known first. */
export interface SimulatedAgent {
  readonly agent_id: string;
  readonly capabilities: readonly string[];
}

/** Where the simulation's rows go, in the order of their logs. */
export interface SimulatedRows {
  event(row: Event): void;
  cycle(row: ChiefCycle): void;
}

/** What happens on the simulated board. */
export interface Simulation {
  /** Tasks posted; each makes about six events. */
  readonly tasks: number;
  readonly agents: readonly SimulatedAgent[];
  readonly taskTypes: readonly string[];
  readonly startedAt: Micros;
}

/** Mean seconds between two posts; with forty agents they are busy three quarters of the time. */
const ARRIVAL_SECONDS = 9;
/** The Chief gathers wakes for about so long: a cycle serves what came meanwhile. */
const GATHER_SECONDS = 40;
/** One in so many sleeps is a long one, whatever waits: the third sleep. */
const OVERSLEEP_EVERY = 400;
const SECOND = 1_000_000;
const THINKING_US = 5_000;
const ACTION_US = 900;

interface Work {
  readonly task_id: string;
  readonly task_type: string;
  readonly isReviewed: boolean;
  status: string;
  kind: StageKind;
  enteredAt: Micros;
  enteredSequence: number;
  edge: EdgeKind;
  agent: string | null;
  cycleId: string | null;
  heartbeats: number;
  lastBeatAt: Micros | null;
  maxGap: number | null;
  finished: number | null;
  author: string | null;
  readonly visits: Map<string, number>;
}

type Happening = readonly [at: Micros, act: () => void];

/** The earliest first. */
class Agenda {
  readonly #heap: Happening[] = [];

  add(at: Micros, act: () => void): void {
    const heap = this.#heap;
    let place = heap.push([at, act]) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#at(above) <= this.#at(place)) return;
      this.#swap(above, place);
      place = above;
    }
  }

  next(): Happening | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let place = 0; ; ) {
      const left = 2 * place + 1;
      if (left >= heap.length) return first;
      const least = left + 1 < heap.length && this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(place) <= this.#at(least)) return first;
      this.#swap(place, least);
      place = least;
    }
  }

  #at(place: number): Micros {
    return this.#heap[place]?.[0] ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const heap = this.#heap;
    const [a, b] = [heap[one], heap[other]];
    if (a === undefined || b === undefined) return;
    heap[one] = b;
    heap[other] = a;
  }
}

const eventTypeOf = (from: string, to: string, edge: EdgeKind): EventType => {
  if (edge === 'stale') return 'task_stale';
  if (edge === 'reassign') return 'task_reassigned';
  if (to === 'IN_PROGRESS') return 'task_assigned';
  if (to === 'APPROVED' || to === 'REVISION_NEEDED' || from === 'APPROVED') return 'task_reviewed';
  return 'task_completed';
};

/**
 * Plays a newsroom by its events: posts arrive at random, a Chief gathers wakes and hands work to idle agents by capability,
 * workers beat, some go silent, reviewers send one in five back. Every row is as a board would have written it.
 */
export class SimulatedBoard {
  readonly #random = randomNumbers(20_261);
  readonly #agenda = new Agenda();
  readonly #rows: SimulatedRows;
  readonly #plan: Simulation;
  readonly #queues = new Map<string, Work[]>();
  readonly #free = new Set<string>();
  readonly #approved: Work[] = [];
  #now: Micros;
  #sequence = 0;
  #cycles = 0;
  #posted = 0;
  #waiting = 0;
  #inFlight = 0;
  #sleptAt: Micros | null = null;
  #isWakeDue = false;
  #coalesced = 0;

  constructor(plan: Simulation, rows: SimulatedRows) {
    this.#plan = plan;
    this.#rows = rows;
    this.#now = plan.startedAt;
    for (const { agent_id } of plan.agents) this.#free.add(agent_id);
  }

  /** Plays until every posted task is done; answers what the next block of rows goes on from. */
  play(): { events: number; cycles: number; endedAt: Micros } {
    this.#agenda.add(this.#now, () => this.#post());
    for (let next = this.#agenda.next(); next !== undefined; next = this.#agenda.next()) {
      this.#now = Math.max(next[0], this.#now + 1);
      next[1]();
    }
    return { events: this.#sequence, cycles: this.#cycles, endedAt: this.#now };
  }

  #after(seconds: number, act: () => void): void {
    this.#agenda.add(this.#now + 1 + Math.round(seconds * SECOND), act);
  }

  /** Exponentially distributed around a mean. */
  #around(mean: number): number {
    return -Math.log(1 - this.#random()) * mean;
  }

  #post(): void {
    const { taskTypes, tasks } = this.#plan;
    const type = Math.floor(this.#random() ** 1.5 * taskTypes.length);
    const work: Work = {
      task_id: `t${this.#posted.toString(36).padStart(5, '0')}`,
      task_type: taskTypes[type] ?? '',
      isReviewed: type % 3 !== 0,
      status: '',
      kind: 'wait',
      enteredAt: this.#now,
      enteredSequence: 0,
      edge: 'post',
      agent: null,
      cycleId: null,
      heartbeats: 0,
      lastBeatAt: null,
      maxGap: null,
      finished: null,
      author: null,
      visits: new Map(),
    };
    this.#move(work, 'UNASSIGNED', 'post', 'wait', {
      payload: { task_type: work.task_type, label: `Task ${this.#posted}`, priority: 5 },
    });
    this.#enqueue(work, work.task_type);
    if (++this.#posted < tasks) this.#after(this.#around(ARRIVAL_SECONDS), () => this.#post());
    this.#wake();
  }

  #enqueue(work: Work, capability: string): void {
    const queue = this.#queues.get(capability);
    if (queue === undefined) this.#queues.set(capability, [work]);
    else queue.push(work);
  }

  #wake(): void {
    if (this.#isWakeDue) {
      this.#coalesced++;
      return;
    }
    this.#isWakeDue = true;
    const isOversleeping = this.#cycles % OVERSLEEP_EVERY === OVERSLEEP_EVERY - 1;
    this.#after(this.#around(isOversleeping ? 20 * GATHER_SECONDS : GATHER_SECONDS), () => this.#cycle());
  }

  #depths(): Pick<ChiefCycle, 'waiting' | 'in_flight' | 'idle_agents' | 'busy_agents'> {
    const idle = this.#free.size;
    return {
      waiting: this.#waiting,
      in_flight: this.#inFlight,
      idle_agents: idle,
      busy_agents: this.#plan.agents.length - idle,
    };
  }

  #byCapability(): Record<string, Record<string, number>> {
    const loads: Record<string, Record<string, number>> = {};
    for (const { agent_id, capabilities } of this.#plan.agents) {
      for (const capability of capabilities) {
        loads[capability] ??= {
          waiting: this.#queues.get(capability)?.length ?? 0,
          in_flight: 0,
          idle_agents: 0,
          busy_agents: 0,
        };
        const load = loads[capability];
        if (this.#free.has(agent_id)) load.idle_agents = (load.idle_agents ?? 0) + 1;
        else load.busy_agents = (load.busy_agents ?? 0) + 1;
      }
    }
    return loads;
  }

  #cycle(): void {
    this.#isWakeDue = false;
    const coalesced_wakes = this.#coalesced;
    this.#coalesced = 0;
    const cycle_id = `c${(++this.#cycles).toString(36)}`;
    const before = this.#depths();
    const by_capability = this.#byCapability();
    const woke_at = this.#now;
    const seen_sequence_id = this.#sequence;
    this.#now += THINKING_US;
    let actions_taken = 0;
    for (const work of this.#approved.splice(0)) {
      this.#now += ACTION_US;
      this.#move(work, 'COMPLETE', 'forward', 'terminal', { cycle: cycle_id, actor: 'chief', finishes: true });
      actions_taken++;
    }
    for (const { agent_id, capabilities } of this.#plan.agents) {
      if (!this.#free.has(agent_id)) continue;
      const capability = capabilities.find(each => (this.#queues.get(each)?.length ?? 0) > 0);
      const work = capability === undefined ? undefined : this.#queues.get(capability)?.shift();
      if (work === undefined) continue;
      this.#now += ACTION_US;
      this.#assign(work, agent_id, cycle_id);
      actions_taken++;
    }
    this.#now += ACTION_US;
    const after = this.#depths();
    this.#rows.cycle({
      sequence_id: this.#cycles,
      cycle_id,
      chief_id: 'chief',
      trigger: this.#cycles === 1 ? 'seed' : this.#cycles % 7 === 0 ? 'board_event' : 'worker',
      woke_at,
      slept_at: this.#now,
      previous_slept_at: this.#sleptAt,
      seen_sequence_id,
      thinking_us: THINKING_US,
      acting_us: this.#now - woke_at - THINKING_US,
      actions_taken,
      coalesced_wakes,
      ...before,
      waiting_after: after.waiting,
      in_flight_after: after.in_flight,
      idle_agents_after: after.idle_agents,
      busy_agents_after: after.busy_agents,
      stranded_after: 0,
      by_capability,
      by_capability_after: this.#byCapability(),
      draining: false,
      error: null,
    });
    this.#sleptAt = this.#now;
  }

  #assign(work: Work, agent: string, cycle: string): void {
    const kind = work.status === 'PENDING_REVIEW' ? 'review' : work.status === 'REVISION_NEEDED' ? 'rework' : 'active';
    this.#free.delete(agent);
    this.#move(work, 'IN_PROGRESS', 'forward', kind, { agent, cycle, actor: 'chief' });
    if (kind !== 'review') work.author = agent;
    const entered = work.enteredSequence;
    const length = this.#around(kind === 'review' ? 90 : kind === 'rework' ? 120 : 160) + 5;
    if (this.#random() < 0.004) {
      this.#after(2, () => this.#beat(work, agent));
      this.#after(300, () => this.#goStale(work, agent));
      return;
    }
    for (let beat = 1; beat * 60 < length; beat++) {
      this.#after(beat * 60, () => work.enteredSequence === entered && this.#beat(work, agent));
    }
    this.#after(length, () => this.#finishStage(work, agent, kind));
  }

  #beat(work: Work, agent: string): void {
    const gap = this.#now - (work.lastBeatAt ?? work.enteredAt);
    const before = this.#stageLeft(work);
    this.#rows.event({
      ...this.#common(work),
      event_type: 'task_heartbeat',
      agent_id: agent,
      from_status: work.status,
      to_status: work.status,
      payload: { heartbeat_at: isoOf(this.#now) },
      assigned_to: work.agent,
      actor: agent,
      edge: null,
      stage_kind: null,
      cycle_id: null,
      ...before,
    });
    work.heartbeats++;
    work.lastBeatAt = this.#now;
    work.maxGap = Math.max(work.maxGap ?? 0, gap);
  }

  #goStale(work: Work, agent: string): void {
    this.#move(work, 'STALE', 'stale', 'wait', { actor: 'ombudsman', payload: { reason: 'stale_heartbeat' } });
    this.#free.add(agent);
    this.#after(1, () => {
      this.#move(work, 'UNASSIGNED', 'reassign', 'wait', { actor: 'chief' });
      this.#enqueue(work, work.task_type);
      this.#wake();
    });
  }

  #finishStage(work: Work, agent: string, kind: StageKind): void {
    this.#free.add(agent);
    if (kind === 'review') {
      const isSentBack = this.#random() < 0.2;
      if (isSentBack) {
        this.#move(work, 'REVISION_NEEDED', 'revision', 'wait', { actor: agent });
        this.#enqueue(work, work.task_type);
      } else {
        this.#move(work, 'APPROVED', 'forward', 'wait', { actor: agent });
        this.#approved.push(work);
      }
    } else if (work.isReviewed) {
      this.#move(work, 'PENDING_REVIEW', 'forward', 'wait', { actor: agent });
      this.#enqueue(work, 'review');
    } else {
      this.#move(work, 'COMPLETE', 'forward', 'terminal', { actor: agent, finishes: true });
    }
    this.#wake();
  }

  #common(
    work: Work,
  ): Pick<
    Event,
    | 'sequence_id'
    | 'task_id'
    | 'idempotency_key'
    | 'timestamp'
    | 'task_type'
    | 'profile'
    | 'tick_id'
    | 'finished_sequence_id'
  > {
    return {
      sequence_id: ++this.#sequence,
      task_id: work.task_id,
      idempotency_key: null,
      timestamp: this.#now,
      task_type: work.task_type,
      profile: work.isReviewed ? 'review_required' : 'fast',
      tick_id: null,
      finished_sequence_id: work.finished,
    };
  }

  #stageLeft(
    work: Work,
  ): Pick<
    Event,
    | 'entered_at'
    | 'entered_sequence_id'
    | 'from_stage_kind'
    | 'from_edge'
    | 'from_agent_id'
    | 'from_cycle_id'
    | 'visit'
    | 'heartbeats'
    | 'max_heartbeat_gap_us'
    | 'last_heartbeat_at'
  > {
    return {
      entered_at: work.enteredAt,
      entered_sequence_id: work.enteredSequence,
      from_stage_kind: work.kind,
      from_edge: work.edge,
      from_agent_id: work.agent,
      from_cycle_id: work.cycleId,
      visit: work.visits.get(work.status) ?? 1,
      heartbeats: work.heartbeats,
      max_heartbeat_gap_us: work.maxGap,
      last_heartbeat_at: work.lastBeatAt,
    };
  }

  #move(
    work: Work,
    to: string,
    edge: EdgeKind,
    kind: StageKind,
    how: {
      readonly agent?: string;
      readonly cycle?: string;
      readonly actor?: string;
      readonly payload?: Event['payload'];
      readonly finishes?: boolean;
    } = {},
  ): void {
    const isPost = edge === 'post';
    const left = isPost ? NO_STAGE : this.#stageLeft(work);
    const common = this.#common(work);
    if (how.finishes) work.finished = common.sequence_id;
    const from_status = isPost ? null : work.status;
    const agent = how.agent ?? work.agent;
    this.#rows.event({
      ...common,
      finished_sequence_id: work.finished,
      event_type: isPost ? 'task_posted' : eventTypeOf(work.status, to, edge),
      agent_id: agent,
      from_status,
      to_status: to,
      payload: how.payload ?? { profile: common.profile },
      assigned_to: agent,
      actor: how.actor ?? null,
      edge,
      stage_kind: kind,
      cycle_id: how.cycle ?? null,
      ...left,
    });
    this.#count(work.status === '' ? null : work.kind, kind);
    work.visits.set(to, (work.visits.get(to) ?? 0) + 1);
    Object.assign(work, { status: to, kind, edge, agent, enteredAt: this.#now, enteredSequence: common.sequence_id });
    Object.assign(work, { cycleId: how.cycle ?? null, heartbeats: 0, lastBeatAt: null, maxGap: null });
  }

  #count(left: StageKind | null, entered: StageKind): void {
    const isWork = (kind: StageKind | null): boolean => kind === 'active' || kind === 'review' || kind === 'rework';
    if (left === 'wait') this.#waiting--;
    if (isWork(left)) this.#inFlight--;
    if (entered === 'wait') this.#waiting++;
    if (isWork(entered)) this.#inFlight++;
  }
}

const NO_STAGE = {
  entered_at: null,
  entered_sequence_id: null,
  from_stage_kind: null,
  from_edge: null,
  from_agent_id: null,
  from_cycle_id: null,
  visit: null,
  heartbeats: null,
  max_heartbeat_gap_us: null,
  last_heartbeat_at: null,
} as const;
