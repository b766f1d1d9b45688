import fc from 'fast-check';
import type { ChiefCycle, Event, OmbudsmanTick } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { type Happening, historyOf } from '../support/rows.ts';
import { cycleRow, tickRow } from './array-log.ts';

const S = 1_000_000;

/** What a step of a random task is, and whether it makes the task worth keeping: always, or once the task has finished. */
interface Step {
  readonly happening: Omit<Happening, 'at'>;
  readonly isWorth: boolean | 'finished';
}

const STEPS: Readonly<Record<string, Step>> = {
  work: { happening: { to: 'IN_PROGRESS', kind: 'active', agent: 'ada' }, isWorth: false },
  beat: { happening: {}, isWorth: false },
  pass: { happening: { to: 'PENDING_REVIEW' }, isWorth: false },
  loop: { happening: { to: 'DRAFT', edge: 'loop' }, isWorth: false },
  reassign: { happening: { to: 'UNASSIGNED', edge: 'reassign' }, isWorth: false },
  plan: { happening: { to: 'HUMAN_REVIEW', kind: 'blocked' }, isWorth: false },
  pause: { happening: { to: 'ON_HOLD', kind: 'blocked', edge: 'exit' }, isWorth: 'finished' },
  gap: { happening: { to: 'DRAFT', edge: 'unlinked' }, isWorth: false },
  done: { happening: { to: 'COMPLETE', kind: 'terminal', finishes: true }, isWorth: false },
  revise: { happening: { to: 'REVISION_NEEDED', edge: 'revision' }, isWorth: true },
  stale: { happening: { to: 'STALE', edge: 'stale', reason: 'stale_heartbeat' }, isWorth: true },
  error: {
    happening: { to: 'HUMAN_REVIEW', kind: 'blocked', edge: 'exit', reason: 'worker_error', finishes: true },
    isWorth: true,
  },
  hold: { happening: { to: 'ON_HOLD', kind: 'blocked', edge: 'exit', finishes: true }, isWorth: true },
  broken: { happening: { to: 'HUMAN_REVIEW', kind: 'blocked', edge: 'unlinked', finishes: true }, isWorth: true },
};

const BENIGN: readonly string[] = [
  'work',
  'work',
  'beat',
  'pass',
  'loop',
  'reassign',
  'plan',
  'pause',
  'gap',
  'done',
  'done',
];
const WORTH = Object.keys(STEPS).filter(name => STEPS[name]?.isWorth === true);

/** A log, and what is known of it without reading it as an exporter does. */
export interface RandomLog {
  readonly events: readonly Event[];
  readonly chief_cycles: readonly ChiefCycle[];
  readonly ombudsman_ticks: readonly OmbudsmanTick[];
  /** Task → the event by which it first was worth keeping. */
  readonly worthAt: ReadonlyMap<string, number>;
}

const TASK = fc.record({
  // What an import has of a task may begin half-way.
  isPosted: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  steps: fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...BENIGN) }, { weight: 1, arbitrary: fc.constantFrom(...WORTH) }),
    { minLength: 1, maxLength: 8 },
  ),
});

type RandomTask = typeof TASK extends fc.Arbitrary<infer Value> ? Value : never;

/** A moment among those of the events. */
export const MOMENT: fc.Arbitrary<Micros> = fc.integer({ min: 0, max: 40 }).map(seconds => seconds * S);

/**
 * Logs of up to eight tasks, mixed: with every kind of stage, parts of imports, life after the finish, and cycles and ticks of
 * any times. The clock of the first `imported` events may go back.
 */
export const RANDOM_LOG: fc.Arbitrary<RandomLog & { readonly imported: number }> = fc
  .record({
    tasks: fc.array(TASK, { minLength: 1, maxLength: 8 }),
    turns: fc.array(fc.nat(7), { minLength: 10, maxLength: 70 }),
    imported: fc.oneof(fc.constant(0), fc.nat(20)),
    moments: fc.array(MOMENT, { minLength: 72, maxLength: 72 }),
    cycles: fc.array(MOMENT, { maxLength: 4 }),
    ticks: fc.array(MOMENT, { maxLength: 4 }),
  })
  .map(({ tasks, turns, imported, moments, cycles, ticks }) => {
    const own = moments.slice(imported).sort((a, b) => a - b);
    const times = [...moments.slice(0, imported), ...own];
    return {
      ...mixed(tasks, turns, times),
      chief_cycles: cycles.map((at, n) =>
        cycleRow({ sequence_id: n + 1, cycle_id: `c${n}`, woke_at: at, slept_at: at }),
      ),
      ombudsman_ticks: ticks.map((at, n) =>
        tickRow({ sequence_id: n + 1, tick_id: `o${n}`, started_at: at, ended_at: at }),
      ),
      imported,
    };
  });

/** The tasks' events in one log: at each turn the next of some task. */
function mixed(
  tasks: readonly RandomTask[],
  turns: readonly number[],
  times: readonly Micros[],
): Pick<RandomLog, 'events' | 'worthAt'> {
  const left = tasks.map(({ isPosted, steps }) => [isPosted ? 'post' : 'begun', ...steps]);
  const picked: { task: number; name: string; at: Micros }[] = [];
  for (const [index, turn] of turns.entries()) {
    const task = turn % Math.max(1, tasks.length);
    const name = left[task]?.shift();
    if (name !== undefined) picked.push({ task, name, at: times[index] ?? 0 });
  }
  const events: Event[] = [];
  const worthAt = new Map<string, number>();
  for (const task of tasks.keys()) {
    const numbers = picked.flatMap((each, index) => (each.task === task ? [index + 1] : []));
    const life = picked.filter(each => each.task === task);
    const history = historyOf(
      life.map(({ name, at }) => ({ ...stepOf(name).happening, at })),
      `t${task}`,
    );
    for (const [index, event] of history.entries()) {
      const moved = renumbered(event, numbers);
      events.push(moved);
      const { isWorth } = stepOf(life[index]?.name ?? '');
      const isWorthNow = isWorth === 'finished' ? moved.finished_sequence_id !== null : isWorth;
      if (isWorthNow && !worthAt.has(moved.task_id)) worthAt.set(moved.task_id, moved.sequence_id);
    }
  }
  return { events: events.sort((a, b) => a.sequence_id - b.sequence_id), worthAt };
}

function stepOf(name: string): Step {
  return (
    STEPS[name] ?? { happening: { to: 'UNASSIGNED', edge: name === 'post' ? 'post' : 'unlinked' }, isWorth: false }
  );
}

/** An event of a task's own history in a log where its events have these numbers. */
export function renumbered(event: Event, numbers: readonly number[]): Event {
  const moved = (number: number | null): number | null => (number === null ? null : (numbers[number - 1] ?? null));
  return {
    ...event,
    sequence_id: numbers[event.sequence_id - 1] ?? 0,
    entered_sequence_id: moved(event.entered_sequence_id),
    finished_sequence_id: moved(event.finished_sequence_id),
  };
}
