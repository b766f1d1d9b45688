import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import type { Board } from '../../board/board.ts';
import { QuadroError } from '../../board/core/errors.ts';
import type { OtlpReceiver } from '../otel/otlp-receiver.ts';
import { BROKEN, type Office, type PROFILES } from './observed-run-office.ts';

/** How many spans the collector says, once, that it will not have. */
export const REJECTED_SPANS = 2;

/** What can be reached for while a run goes on. */
export interface Stage {
  readonly board: Board;
  /** The board's SQLite file. */
  readonly file: string;
  readonly office: Office;
  readonly receiver: OtlpReceiver;
  /** How many times as long as usual everything takes. */
  readonly slowness: number;
}

/** Something that happens to a board, and how long it lasts, in seconds. */
interface Phase {
  readonly seconds: number;
  readonly begin?: (stage: Stage) => Promise<void>;
  readonly end?: (stage: Stage) => Promise<void>;
  /** Whether no work comes in meanwhile. */
  readonly isQuiet?: boolean;
}

async function post({ board }: Stage, task_type: keyof typeof PROFILES, label = 'plain'): Promise<string> {
  const { task } = await board.postTask({ task_type, label: `A ${label} ${task_type}` }, { actor: 'editor' });
  return task.task_id;
}

async function postMany(stage: Stage, task_type: keyof typeof PROFILES, count: number, label?: string): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => post(stage, task_type, label)));
}

/** Another process that writes the same file for a moment: the board tries again. */
async function lockFile(stage: Stage): Promise<void> {
  const database = new BetterSqlite3(stage.file);
  database.exec('begin immediate');
  const waiting = post(stage, 'note');
  await sleep(60);
  database.exec('rollback');
  database.close();
  await waiting;
}

/** A step that no lifecycle allows. */
async function askForTooMuch(stage: Stage): Promise<void> {
  const task_id = await post(stage, 'legal');
  const refused = await stage.board.updateTask({ task_id, to_status: 'COMPLETE' }).catch((error: unknown) => error);
  if (!(refused instanceof QuadroError)) throw new Error('The board took a step that its lifecycle does not have');
}

/** What goes wrong now and then: a file that is locked, a step that is refused, work that fails. */
async function stumble(stage: Stage): Promise<void> {
  await lockFile(stage);
  await askForTooMuch(stage);
  await Promise.all([postMany(stage, 'article', 2, BROKEN), postMany(stage, 'memo', 2, BROKEN)]);
}

/** Agents of four capabilities hang, each with a task. */
async function hang(stage: Stage, name: string): Promise<void> {
  const hanging = stage.office.addSilentAgents(['research', 'writing', 'memo', 'note'], name);
  await Promise.all([postMany(stage, 'article', 3), postMany(stage, 'memo', 1), postMany(stage, 'note', 1)]);
  await hanging;
}

/** Waits until all that can be done has been done. */
async function finishWork({ board }: Stage): Promise<void> {
  for (;;) {
    const open = await board.countOpenTasks();
    if (open.every(({ task_type }) => task_type === 'legal')) return;
    await sleep(50);
  }
}

/** News that nobody can do anything about, one after the other, once all other work is done. */
async function makeNoise(stage: Stage): Promise<void> {
  await finishWork(stage);
  for (let n = 0; n < 40; n++) {
    await post(stage, 'legal');
    await sleep(100 * stage.slowness);
  }
}

/** The name of a phase. */
export type PhaseName = 'healthy' | 'stall' | 'burst' | 'noise' | 'rejecting' | 'asleep' | 'stopped' | 'unwatched';

/** Everything that happens, in order. What each is for stands in the test that looks at it. */
const PHASES: Readonly<Record<PhaseName, Phase>> = {
  healthy: { seconds: 12 },
  stall: {
    seconds: 6,
    async begin(stage) {
      await hang(stage, 'first');
      await stumble(stage);
    },
  },
  burst: {
    seconds: 5,
    async begin(stage) {
      await Promise.all([postMany(stage, 'article', 12), postMany(stage, 'memo', 8), postMany(stage, 'note', 10)]);
      await stumble(stage);
    },
    // A rate sees a series from its second value on.
    end: stumble,
  },
  noise: { seconds: 1, isQuiet: true, begin: makeNoise },
  rejecting: {
    seconds: 6,
    async begin({ office, receiver }) {
      office.knobs.rejectEvery = 1;
      receiver.judge = () => ({ status: 503 });
    },
    async end({ office, receiver }) {
      office.knobs.rejectEvery = 6;
      const partialSuccess = { rejectedSpans: String(REJECTED_SPANS), errorMessage: 'too old' };
      const body = JSON.stringify({ partialSuccess });
      receiver.misbehaviours.push({ status: 200, headers: { 'content-type': 'application/json' }, body });
      receiver.judge = () => undefined;
    },
  },
  asleep: {
    seconds: 5,
    async begin(stage) {
      // What is found stale now stays so until the Chief hears again.
      await hang(stage, 'second');
      await stage.office.deafenChief();
    },
    end: ({ office }) => office.wakeDeafChief(),
  },
  stopped: {
    seconds: 6,
    begin: ({ office }) => office.stopChief(),
    end: ({ office }) => office.startChief(),
  },
  unwatched: {
    seconds: 5,
    begin: ({ office }) => office.stopOmbudsman(),
    end: ({ office }) => office.startOmbudsman(),
  },
};

/** When each phase began and ended, in seconds since 1970. */
export type PhaseTimes = Readonly<Record<PhaseName, { readonly start: number; readonly end: number }>>;

/** Work comes in, a little of each kind, until the signal aborts. */
async function postSteadily(stage: Stage, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    await post(stage, 'note');
    if (n % 2 === 0) await post(stage, n % 4 === 0 ? 'article' : 'memo');
    await sleep(450 * stage.slowness, undefined, { signal }).catch(() => undefined);
  }
}

async function runPhase(stage: Stage, { seconds, begin, end, isQuiet = false }: Phase): Promise<void> {
  const stop = new AbortController();
  await begin?.(stage);
  const posting = isQuiet ? Promise.resolve() : postSteadily(stage, stop.signal);
  await sleep(seconds * stage.slowness * 1000);
  stop.abort();
  await posting;
  await end?.(stage);
}

/**
 * Runs all phases, lets what was begun be finished, and leaves behind a board on which nothing moves any more: its Chief and
 * Ombudsman are gone, agents are idle, and tasks wait for them.
 */
export async function runPhases(stage: Stage): Promise<PhaseTimes> {
  const times: Partial<Record<PhaseName, { start: number; end: number }>> = {};
  for (const [name, phase] of Object.entries(PHASES) as [PhaseName, Phase][]) {
    const start = Date.now() / 1000;
    await runPhase(stage, phase);
    times[name] = { start, end: Date.now() / 1000 };
  }
  await finishWork(stage);
  await stage.office.stopChief();
  await stage.office.stopOmbudsman();
  await postMany(stage, 'memo', 2);
  await postMany(stage, 'article', 1);
  return times as PhaseTimes;
}
