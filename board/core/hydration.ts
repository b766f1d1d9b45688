import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Json } from './json.ts';
import type { Agent, Event, Task } from './records.ts';

/** What the Chief's policy is given: the work, the agents, what woke it, and the data store. */
export interface ChiefContext {
  readonly tasks: readonly Partial<Task>[];
  readonly agents: readonly Partial<Agent>[];
  /** Null where no event woke it (a seed, a tick of the Ombudsman). */
  readonly triggering_event: Partial<Event> | null;
  readonly data: Readonly<Record<string, Json>>;
}

/** What a worker's function is given. */
export interface WorkerContext {
  readonly task: Partial<Task>;
  readonly notes: readonly string[];
}

/** A context and its name: the same board state gives the same `snapshot_hash`, on every machine. */
export interface Hydration<Payload> {
  /** 64 hex digits: SHA-256 of the payload's canonical JSON. */
  readonly snapshot_hash: string;
  readonly payload: Payload;
}

function hydrationOf<Payload extends ChiefContext | WorkerContext>(payload: Payload): Hydration<Payload> {
  // Records hold JSON only; TypeScript gives an interface no index signature, hence the cast.
  const text = canonicalJson(payload as unknown as Json);
  return { snapshot_hash: createHash('sha256').update(text).digest('hex'), payload };
}

/** The context of a Chief cycle, and its hash. Fields beside the four are left out. */
export function hydrateChief({ tasks, agents, triggering_event, data }: ChiefContext): Hydration<ChiefContext> {
  return hydrationOf({ tasks, agents, triggering_event, data });
}

/** The context of one execution by a worker, and its hash. Fields beside the two are left out. */
export function hydrateWorker({ task, notes }: WorkerContext): Hydration<WorkerContext> {
  return hydrationOf({ task, notes });
}
