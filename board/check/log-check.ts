import type { Lifecycle } from '../core/lifecycle/types.ts';
import type { Event } from '../core/records.ts';
import type { StageKind } from '../core/statuses.ts';
import { eventTypeOf } from '../core/taxonomy.ts';
import { isoOf, type Micros } from '../core/time.ts';
import type { FaultCode, FaultList } from './faults.ts';
import type { PinnedProfiles } from './pinned-profiles.ts';
import { TableDigest } from './table-digests.ts';
import { afterTransition, beat, beatTime, differences, stageLeftOf, type TaskState } from './task-state.ts';

/** What checking a log needs to know beforehand. */
export interface LogCheckOptions {
  readonly faults: FaultList;
  /** Null where the source has no profiles: then nothing says which steps are legal. */
  readonly profiles: PinnedProfiles | null;
  /** The last number that an import brought along; 0 for a board that began here. */
  readonly importedUntil: number;
}

/** Checks a log event by event, and keeps what the events say of each task. */
export class LogCheck {
  readonly states: Map<string, TaskState> = new Map();
  readonly #faults: FaultList;
  readonly #profiles: PinnedProfiles | null;
  readonly #importedUntil: number;
  readonly #digest = new TableDigest('events');
  #events = 0;
  #lastSequenceId = 0;
  #lastTimestamp: Micros = 0;

  constructor({ faults, profiles, importedUntil }: LogCheckOptions) {
    this.#faults = faults;
    this.#profiles = profiles;
    this.#importedUntil = importedUntil;
  }

  /** Events taken so far. */
  get events(): number {
    return this.#events;
  }

  /** The number of the last event taken; 0 before the first. */
  get lastSequenceId(): number {
    return this.#lastSequenceId;
  }

  /** The latest time of any event taken. */
  get lastTimestamp(): Micros {
    return this.#lastTimestamp;
  }

  /** SHA-256 over the events taken so far. */
  digest(): string {
    return this.#digest.value();
  }

  /** Takes the next event. */
  take(event: Event): void {
    this.#checkNumber(event);
    const state = this.states.get(event.task_id);
    this.#checkTime(event, state);
    if (event.event_type === 'task_heartbeat') this.#heartbeat(event, state);
    else this.#transition(event, state);
    this.#digest.add(event);
    this.#events += 1;
    this.#lastSequenceId = Math.max(this.#lastSequenceId, event.sequence_id);
    this.#lastTimestamp = Math.max(this.#lastTimestamp, event.timestamp);
  }

  #isInherited(sequenceId: number): boolean {
    return sequenceId <= this.#importedUntil;
  }

  #fault(code: FaultCode, event: Event, what: string, inherited = this.#isInherited(event.sequence_id)): void {
    const { sequence_id, task_id } = event;
    this.#faults.add(code, `Event ${sequence_id} of task ${task_id} ${what}`, { sequence_id, task_id, inherited });
  }

  #checkNumber(event: Event): void {
    const expected = this.#lastSequenceId + 1;
    if (event.sequence_id < expected) this.#fault('sequence_order', event, `comes after event ${expected - 1}`);
    if (event.sequence_id <= expected) return;
    const last = event.sequence_id - 1;
    const missing = expected === last ? `Event ${expected} is missing` : `Events ${expected} to ${last} are missing`;
    this.#faults.add('sequence_gap', missing, { sequence_id: expected, inherited: this.#isInherited(last) });
  }

  #checkTime(event: Event, state: TaskState | undefined): void {
    // The reference takes the time before it takes the number: there only a task's own events are in order.
    const inherited = this.#isInherited(event.sequence_id);
    const before = inherited ? (state?.last_timestamp ?? 0) : this.#lastTimestamp;
    if (event.timestamp >= before) return;
    const order = `is of ${isoOf(event.timestamp)}, before ${isoOf(before)} of what came before it`;
    this.#fault('time_order', event, order);
  }

  /** Whether a disagreement with the state comes from a row that an import kept as it found it. */
  #isFromImportedRow(event: Event, state: TaskState | undefined): boolean {
    const entered = state?.entered_sequence_id ?? event.entered_sequence_id ?? 0;
    return this.#importedUntil > 0 && this.#isInherited(entered);
  }

  #checkStageLeft(event: Event, state: TaskState | undefined, isLinked: boolean): void {
    const expected = stageLeftOf(state);
    const wrong = differences(expected, event);
    if (wrong.length === 0) return;
    const isOfRow = !isLinked || wrong.every(name => name === 'from_agent_id');
    const inherited = this.#isInherited(event.sequence_id) || (isOfRow && this.#isFromImportedRow(event, state));
    const values = wrong.map(name => `${name} ${event[name]}, not ${expected[name]}`);
    this.#fault('stage_left', event, `says of the stage left ${values.join('; ')}`, inherited);
  }

  #checkIdentity(event: Event, state: TaskState): void {
    const wrong = (['task_type', 'profile'] as const).filter(name => event[name] !== state[name]);
    const values = wrong.map(name => `${name} ${event[name]}, before it was ${state[name]}`);
    if (wrong.length > 0) this.#fault('identity', event, `has ${values.join('; ')}`);
  }

  #heartbeat(event: Event, state: TaskState | undefined): void {
    const { from_status: from, to_status: to, edge, stage_kind } = event;
    if (edge !== null || stage_kind !== null || from !== to || beatTime(event) === null) {
      this.#fault('heartbeat', event, 'is a heartbeat with an edge, a move or no time of its beat');
    }
    if (state === undefined) {
      this.#fault('not_posted', event, 'is a heartbeat of a task that was never posted');
      return;
    }
    const isLinked = to === state.status;
    // The reference commits row and event apart, and a beat says where the row was: there it is no link of the log.
    if (!isLinked && !this.#isInherited(event.sequence_id)) {
      const inherited = this.#isFromImportedRow(event, state);
      this.#fault('heartbeat', event, `beats in ${to}, while the task is in ${state.status}`, inherited);
    }
    if (event.finished_sequence_id !== state.finished_sequence_id) {
      this.#fault('finish', event, `says finished ${event.finished_sequence_id}, not ${state.finished_sequence_id}`);
    }
    this.#checkIdentity(event, state);
    this.#checkStageLeft(event, state, isLinked);
    beat(state, event);
  }

  #transition(event: Event, state: TaskState | undefined): void {
    const isLinked = this.#checkLink(event, state);
    const type = eventTypeOf(event.from_status, event.to_status ?? '');
    if (type !== event.event_type)
      this.#fault('event_type', event, `is a ${event.event_type}, and should be a ${type}`);
    if (state !== undefined) this.#checkIdentity(event, state);
    this.#checkStageLeft(event, state, isLinked);
    this.#checkStep(event, state, isLinked);
    this.states.set(event.task_id, afterTransition(state, event));
  }

  #checkLink(event: Event, state: TaskState | undefined): boolean {
    const { from_status: from } = event;
    if (state === undefined && from === null) return true;
    if (state === undefined) {
      const inherited = this.#isInherited(event.sequence_id) || this.#isFromImportedRow(event, state);
      this.#fault('not_posted', event, `is its first, and no post: it comes from ${from}`, inherited);
      return false;
    }
    if (from === state.status) return true;
    const inherited = this.#isInherited(event.sequence_id) || this.#isFromImportedRow(event, state);
    const left = `event ${state.entered_sequence_id} left it in ${state.status}`;
    this.#fault('broken_link', event, `comes from ${from}, and ${left}`, inherited);
    return false;
  }

  #checkStep(event: Event, state: TaskState | undefined, isLinked: boolean): void {
    const { from_status: from, to_status, edge } = event;
    const to = to_status ?? '';
    if (this.#profiles === null) return;
    const inherited = this.#isInherited(event.sequence_id);
    const candidates = this.#profiles.of(event, this.#faults, inherited);
    if (candidates.length === 0) return;
    const edges = candidates.map(each => (isPost(each, event) ? 'post' : each.edgeOf(from ?? '', to)));
    if (edges.every(each => each === null)) {
      this.#fault('illegal_edge', event, `goes from ${from} to ${to}, which ${event.profile} does not allow`);
    }
    const wanted = isLinked || !inherited ? edges.filter(each => each !== null) : ['unlinked' as const];
    if (wanted.length > 0 && !wanted.some(each => each === edge)) {
      this.#fault('edge_kind', event, `is of the kind ${edge}, and should be ${[...new Set(wanted)].join(' or ')}`);
    }
    const kinds = new Set(candidates.flatMap(each => kindsOf(each, event)));
    if (event.stage_kind === null || !kinds.has(event.stage_kind)) {
      this.#fault(
        'stage_kind',
        event,
        `enters a stage of the kind ${event.stage_kind}, not ${[...kinds].join(' or ')}`,
      );
    }
    this.#checkFinish(event, state?.finished_sequence_id ?? null, candidates);
  }

  #checkFinish(event: Event, before: number | null, candidates: readonly Lifecycle[]): void {
    const { sequence_id, finished_sequence_id } = event;
    const finishes = candidates.flatMap(each => before ?? finishesOf(each, event));
    if (!finishes.includes(finished_sequence_id)) {
      this.#fault('finish', event, `says finished ${finished_sequence_id}, not ${finishes[0]}`);
    }
    if (before !== null && before < sequence_id && candidates.every(each => each.isUngoverned)) {
      this.#fault('finish', event, `comes after event ${before}, by which its case was finished`);
    }
  }
}

/** A case of an imported event log begins in whatever status its first row has. */
function isPost({ isUngoverned }: Lifecycle, { from_status, to_status }: Event): boolean {
  return from_status === null && (isUngoverned || to_status === 'UNASSIGNED');
}

/** The kinds of stage that an event may enter: whether the command named an agent is not in the log. */
function kindsOf(
  lifecycle: Lifecycle,
  { sequence_id, from_status, to_status, finished_sequence_id }: Event,
): StageKind[] {
  if (lifecycle.isUngoverned && finished_sequence_id === sequence_id) return ['terminal'];
  return [true, false].map(assigns => lifecycle.stageKind(to_status ?? '', from_status, assigns));
}

/** What an event of a task that has not finished may say of its finish: of an imported event log any row may be its case's last. */
function finishesOf(lifecycle: Lifecycle, { sequence_id, to_status }: Event): (number | null)[] {
  if (lifecycle.isUngoverned) return [null, sequence_id];
  return [lifecycle.finishes(to_status ?? '') ? sequence_id : null];
}
