import type { Event } from '../../board/core/records.ts';

/** A command of a random sequence. Fences are small numbers, so that some are right by chance. */
export type ModelCommand = { readonly key: string | null } & (
  | ({ readonly kind: 'post' } & ModelPost)
  | { readonly kind: 'bulk'; readonly posts: readonly ModelPost[] }
  | {
      readonly kind: 'move';
      readonly id: string;
      readonly to: string;
      readonly assign: string | null | undefined;
      readonly fence: number | null;
    }
  | {
      readonly kind: 'beat';
      readonly agent: string;
      readonly id: string | null;
      readonly fence: number | null;
      readonly claim: boolean;
    }
  | { readonly kind: 'result'; readonly id: string; readonly fence: number | null }
  | { readonly kind: 'archive'; readonly id: string }
);

/** A post, perhaps of a task that is held back. */
export interface ModelPost {
  readonly id: string;
  readonly type: string;
  readonly hold: string | null;
}

/** An event, as the model tells it. */
export interface ModelEvent {
  readonly sequence_id: number;
  readonly event_type: string;
  readonly from_status: string | null;
  readonly to_status: string;
}

/**
 * What became of a command: a refusal's code, that a claim does not count, the event (null where the intent makes none), or a
 * bulk's events.
 */
export type ModelOutcome =
  | { readonly code: string }
  | { readonly counts: false }
  | { readonly event: ModelEvent | null }
  | { readonly events: readonly ModelEvent[] };

interface ModelTask {
  readonly profile: keyof typeof STEPS;
  readonly status: string;
  readonly assigned: string | null;
  readonly entered: number;
  readonly beats: number;
  readonly archived: boolean;
  /** Who holds an open assignment of it. */
  readonly holder: string | null;
}

const EXITS = ['HUMAN_REVIEW', 'ON_HOLD'];
const STANDARD = [
  'UNASSIGNED',
  'IN_PROGRESS',
  'PENDING_REVIEW',
  'REVISION_NEEDED',
  'APPROVED',
  'COMPLETE',
  'STALE',
  ...EXITS,
];

/** Q7, Q8 and a profile of one's own, without the exits. */
const STEPS = {
  review_required: [
    'UNASSIGNED>IN_PROGRESS',
    'IN_PROGRESS>PENDING_REVIEW',
    'PENDING_REVIEW>IN_PROGRESS',
    'IN_PROGRESS>APPROVED',
    'IN_PROGRESS>REVISION_NEEDED',
    'APPROVED>COMPLETE',
    'REVISION_NEEDED>IN_PROGRESS',
    'IN_PROGRESS>STALE',
    'STALE>UNASSIGNED',
  ],
  fast: ['UNASSIGNED>IN_PROGRESS', 'IN_PROGRESS>COMPLETE', 'IN_PROGRESS>STALE', 'STALE>UNASSIGNED'],
  press: ['UNASSIGNED>writing', 'writing>editing', 'editing>writing', 'editing>out', 'writing>UNASSIGNED'],
} as const;
const TERMINALS: Readonly<Record<string, readonly string[]>> = {
  review_required: ['COMPLETE'],
  fast: ['COMPLETE'],
  press: ['out'],
};

/** Task type → profile, as the tests open their boards. */
export const MODEL_TYPES = { report: 'review_required', memo: 'fast', article: 'press' } as const;

/** Statuses worth trying. */
export const MODEL_STATUSES: readonly string[] = [...STANDARD, 'writing', 'editing', 'out', 'nowhere'];

function isLegal(profile: keyof typeof STEPS, from: string, to: string): boolean {
  if ((STEPS[profile] as readonly string[]).includes(`${from}>${to}`)) return true;
  return EXITS.includes(to) && !EXITS.includes(from);
}

/** The table of Q18 and spec.md, first match. */
function eventTypeOf(from: string, to: string): string {
  const leavesStandard = STANDARD.includes(from);
  if (!STANDARD.includes(to)) return 'task_completed';
  if (to === 'STALE') return 'task_stale';
  if (to === 'HUMAN_REVIEW') return 'task_failed';
  if (to === 'ON_HOLD') return leavesStandard ? 'task_failed' : 'task_completed';
  if (to === 'IN_PROGRESS') return 'task_assigned';
  if (to === 'UNASSIGNED') return 'task_reassigned';
  if (from === 'IN_PROGRESS' && (to === 'APPROVED' || to === 'REVISION_NEEDED')) return 'task_reviewed';
  return from === 'APPROVED' ? 'task_reviewed' : 'task_completed';
}

/** The board in a page: what each command must lead to. Immutable, so that every state of a run can be kept. */
export class BoardModel {
  readonly tasks: ReadonlyMap<string, ModelTask>;
  readonly #keys: ReadonlyMap<string, { readonly request: string; readonly outcome: ModelOutcome }>;
  readonly #next: number;
  readonly #agents: ReadonlySet<string>;

  constructor(agents: ReadonlySet<string>, from?: BoardModel, change: Partial<BoardModelState> = {}) {
    this.#agents = agents;
    this.tasks = change.tasks ?? from?.tasks ?? new Map();
    this.#keys = change.keys ?? (from === undefined ? new Map() : from.#keys);
    this.#next = change.next ?? (from === undefined ? 1 : from.#next);
  }

  /** Tasks an agent holds. */
  held(agent: string): string[] {
    return [...this.tasks].filter(([, task]) => task.holder === agent).map(([id]) => id);
  }

  /** Two models with the same go on alike. */
  get signature(): string {
    return JSON.stringify([[...this.tasks], [...this.#keys], this.#next]);
  }

  run(command: ModelCommand): readonly [ModelOutcome, BoardModel] {
    const { key, ...rest } = command;
    const request = JSON.stringify(rest, (name, value) => (name === 'hold' ? undefined : value));
    const isKeyed = key !== null && command.kind !== 'archive';
    const known = isKeyed ? this.#keys.get(key) : undefined;
    if (known !== undefined) {
      return [known.request === request ? known.outcome : { code: 'idempotency_conflict' }, this];
    }
    const [outcome, after] = this.#decide(command);
    if ('code' in outcome || 'counts' in outcome || !isKeyed) return [outcome, after];
    return [
      outcome,
      new BoardModel(this.#agents, after, { keys: new Map(after.#keys).set(key, { request, outcome }) }),
    ];
  }

  #decide(command: ModelCommand): readonly [ModelOutcome, BoardModel] {
    const refuse = (code: string): readonly [ModelOutcome, BoardModel] => [{ code }, this];
    if (command.kind === 'post') return this.#post(command);
    if (command.kind === 'bulk') return this.#postAll(command.posts);
    if (command.kind === 'beat' && !this.#agents.has(command.agent)) return refuse('agent_not_found');
    if (command.id === null) {
      const isClaim = command.kind === 'beat' && command.claim;
      return isClaim ? refuse('invalid_payload') : [{ event: null }, this];
    }
    const task = this.tasks.get(command.id);
    if (task === undefined) return refuse('task_not_found');
    if (command.kind === 'archive') return this.#archive(command.id, task);
    const isOld = command.fence !== null && command.fence !== task.entered;
    if (command.kind === 'beat' && isOld) return this.#append(command.id, task, 'task_heartbeat', task.status);
    if (isOld) return refuse('fence_conflict');
    if (task.archived) return refuse('task_archived');
    if (command.kind === 'beat') {
      if (command.claim && (task.holder !== command.agent || task.beats > 0)) return [{ counts: false }, this];
      return this.#append(command.id, { ...task, beats: task.beats + 1 }, 'task_heartbeat', task.status);
    }
    if (command.kind === 'move') return this.#move(command.id, task, command.to, command.assign);
    if (task.status !== 'IN_PROGRESS') return refuse('not_in_progress');
    return this.#move(command.id, task, task.profile === 'review_required' ? 'PENDING_REVIEW' : 'COMPLETE', undefined);
  }

  #post({ id, type, hold }: ModelPost): readonly [ModelOutcome, BoardModel] {
    if (this.tasks.has(id)) return [{ code: 'duplicate_task_id' }, this];
    const profile = MODEL_TYPES[type as keyof typeof MODEL_TYPES];
    const task: ModelTask = {
      profile,
      status: 'UNASSIGNED',
      assigned: null,
      entered: this.#next,
      beats: 0,
      archived: false,
      holder: null,
    };
    const [outcome, after] = this.#append(id, task, 'task_posted', null);
    return [outcome, hold === null ? after : after.#move(id, task, 'ON_HOLD', undefined)[1]];
  }

  #postAll(posts: readonly ModelPost[]): readonly [ModelOutcome, BoardModel] {
    let after: BoardModel = this;
    const events: ModelEvent[] = [];
    for (const post of posts) {
      const [outcome, next] = after.#post(post);
      if (!('event' in outcome) || outcome.event === null) return [outcome, this];
      events.push(outcome.event);
      after = next;
    }
    return [{ events }, after];
  }

  #archive(id: string, task: ModelTask): readonly [ModelOutcome, BoardModel] {
    if (task.archived) return [{ event: null }, this];
    const isFinished = EXITS.includes(task.status) || TERMINALS[task.profile]?.includes(task.status);
    if (!isFinished) return [{ code: 'not_finished' }, this];
    const tasks = new Map(this.tasks).set(id, { ...task, archived: true });
    return [{ event: null }, new BoardModel(this.#agents, this, { tasks })];
  }

  #move(
    id: string,
    task: ModelTask,
    to: string,
    assign: string | null | undefined,
  ): readonly [ModelOutcome, BoardModel] {
    if (!isLegal(task.profile, task.status, to)) return [{ code: 'illegal_transition' }, this];
    const assigned = assign === undefined ? task.assigned : assign;
    const isCustomWork = !STANDARD.includes(to) && !TERMINALS[task.profile]?.includes(to) && assign != null;
    const opens = to === 'IN_PROGRESS' || isCustomWork;
    const holder = opens && assigned !== null && this.#agents.has(assigned) ? assigned : null;
    const after = { ...task, status: to, assigned, entered: this.#next, beats: 0, holder };
    return this.#append(id, after, eventTypeOf(task.status, to), task.status);
  }

  #append(id: string, task: ModelTask, event_type: string, from: string | null): readonly [ModelOutcome, BoardModel] {
    const event = { sequence_id: this.#next, event_type, from_status: from, to_status: task.status };
    const tasks = new Map(this.tasks).set(id, task);
    return [{ event }, new BoardModel(this.#agents, this, { tasks, next: this.#next + 1 })];
  }
}

interface BoardModelState {
  readonly tasks: ReadonlyMap<string, ModelTask>;
  readonly keys: ReadonlyMap<string, { readonly request: string; readonly outcome: ModelOutcome }>;
  readonly next: number;
}

/** What folding the log alone tells of a task and its holder (invariant 3). */
export interface FoldedTask {
  status: string | null;
  assigned_to: string | null;
  status_entered_at: number;
  entered_sequence_id: number;
  heartbeat_at: number | null;
  holder: string | null;
}

/** Folds a log into its tasks, by the rules of spec.md and nothing of the board's code. */
export function foldLog(events: readonly Event[], agents: ReadonlySet<string>): Map<string, FoldedTask> {
  const folded = new Map<string, FoldedTask>();
  for (const event of events) {
    const task = folded.get(event.task_id);
    if (event.event_type === 'task_heartbeat') {
      if (task !== undefined && event.payload.fenced !== true) task.heartbeat_at = event.timestamp;
      continue;
    }
    const { assigned_to, to_status, stage_kind, timestamp, sequence_id } = event;
    const isWork = stage_kind === 'active' || stage_kind === 'review' || stage_kind === 'rework';
    folded.set(event.task_id, {
      status: to_status,
      assigned_to,
      status_entered_at: timestamp,
      entered_sequence_id: sequence_id,
      heartbeat_at: task?.heartbeat_at ?? null,
      holder: isWork && assigned_to !== null && agents.has(assigned_to) ? assigned_to : null,
    });
  }
  return folded;
}
