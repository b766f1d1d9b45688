import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkContext, WorkFunction } from '../../board/agents/execution.ts';
import { moveTo } from '../../board/agents/move.ts';
import type { PoolCapability } from '../../board/agents/worker-pool.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';

/**
 * How an article comes about: four stages, each dispatched to an agent with its capability; a reviewer may send it back to the
 * writers; work whose worker falls silent starts over.
 */
export const NEWSROOM: Lifecycle = lifecycle('newsroom')
  .phase('UNASSIGNED', 'ideating')
  .phase('ideating', 'idea_ready')
  .phase('idea_ready', 'researching')
  .phase('researching', 'research_ready')
  .phase('research_ready', 'writing')
  .phase('writing', 'draft_ready')
  .phase('draft_ready', 'reviewing')
  .phase('reviewing', 'published')
  .revision('reviewing', 'research_ready')
  .branch('researching', 'STALE')
  .branch('writing', 'STALE')
  .loop('STALE', 'UNASSIGNED')
  .kind('reviewing', 'review')
  .route('UNASSIGNED', 'ideating', 'ideation')
  .route('idea_ready', 'researching', 'research')
  .route('research_ready', 'writing', 'writing')
  .route('draft_ready', 'reviewing', 'review')
  .build();

/** How often a reviewer sends an article back. */
const REVISION_SHARE = 0.28;
/** Which pieces of research crash their worker: the tenth, and every 25th after it, so that no run is without. */
const FIRST_CRASH = 10;
const CRASH_EVERY = 25;

/** Seconds a stage's work takes, about, when a hundred articles shall take twenty. */
const WORK_SECONDS = { ideation: 0.05, research: 0.22, writing: 0.42, review: 0.09 } as const;

/** A time around the mean, skewed as work is: many quick ones, a few long ones. */
function around(mean: number): number {
  return mean * (0.4 + -0.6 * Math.log(1 - Math.random()));
}

async function work(context: WorkContext, meanSeconds: number): Promise<void> {
  await sleep(around(meanSeconds) * 1000, undefined, { signal: context.signal });
}

const TOPICS = [
  'bees',
  'tides',
  'night trains',
  'sourdough',
  'lighthouses',
  'glaciers',
  'crosswords',
  'moss',
  'ferries',
  'kites',
];

/** What the articles are about: label and priority of the nth. */
export function articleOf(n: number): { label: string; priority: number } {
  const topic = TOPICS[n % TOPICS.length] ?? 'nothing';
  return { label: `Article ${n + 1}: ${topic}`, priority: n % 10 === 7 ? 1 : 5 };
}

function reviewed(pace: number): WorkFunction {
  return async context => {
    await work(context, WORK_SECONDS.review * pace);
    if (Math.random() >= REVISION_SHARE) return moveTo('published', { notes_append: 'approved' });
    return moveTo('research_ready', { notes_append: 'the second source does not say so; please write it again' });
  };
}

function crashing(pace: number): WorkFunction {
  let begun = 0;
  return async context => {
    begun++;
    const crashes = (begun - FIRST_CRASH) % CRASH_EVERY === 0;
    await work(context, WORK_SECONDS.research * pace);
    if (crashes) throw new Error('the archive answered 502 Bad Gateway');
    return `three sources on ${context.task.label}`;
  };
}

/**
 * The newsroom's workers.
 *
 * @param pace Stretches every stage's work: 1 for a hundred articles in about twenty seconds.
 * @param timeoutSeconds After which silence is taken for death.
 */
export function newsroomWorkers(pace: number, timeoutSeconds: number): Record<string, PoolCapability> {
  const plain =
    (meanSeconds: number, what: string): WorkFunction =>
    async context => {
      await work(context, meanSeconds * pace);
      return `${what} for ${context.task.label}`;
    };
  return {
    ideation: {
      workers: 1,
      execute: plain(WORK_SECONDS.ideation, 'an idea'),
      next: 'idea_ready',
      activeStatus: 'ideating',
      timeoutSeconds,
    },
    research: {
      workers: 3,
      execute: crashing(pace),
      next: 'research_ready',
      activeStatus: 'researching',
      timeoutSeconds,
    },
    writing: {
      workers: 4,
      execute: plain(WORK_SECONDS.writing, 'a draft'),
      next: 'draft_ready',
      activeStatus: 'writing',
      timeoutSeconds,
    },
    review: { workers: 2, execute: reviewed(pace), activeStatus: 'reviewing', timeoutSeconds },
  };
}
