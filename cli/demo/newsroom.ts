import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkContext, WorkFunction } from '../../board/agents/execution.ts';
import { moveTo } from '../../board/agents/move.ts';
import type { PoolCapability } from '../../board/agents/worker-pool.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import type { AgentCalls } from './agent-calls.ts';

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

/** A stage's work: seconds it takes, about, when a hundred articles shall take twenty, and the model that is asked. */
interface Work {
  readonly seconds: number;
  readonly model: keyof typeof PRICES;
  /** About how many tokens it reads and writes. */
  readonly tokens: readonly [input: number, output: number];
}

const WORK = {
  ideation: { seconds: 0.05, model: 'demo-small', tokens: [350, 120] },
  research: { seconds: 0.22, model: 'demo-large', tokens: [2600, 700] },
  writing: { seconds: 0.42, model: 'demo-large', tokens: [1800, 1500] },
  review: { seconds: 0.09, model: 'demo-small', tokens: [2100, 90] },
} as const satisfies Record<string, Work>;

/** What the demo's models cost, in the words of docs/analysis.md. */
const PRICES = {
  'demo-small': { input_usd_per_million_tokens: 0.15, output_usd_per_million_tokens: 0.6 },
  'demo-large': { input_usd_per_million_tokens: 2.5, output_usd_per_million_tokens: 10 },
} as const;

/** Of a researcher's time, what goes into searching the archive. */
const SEARCH_SHARE = 0.3;

/** A time around the mean, skewed as work is: many quick ones, a few long ones. */
function around(mean: number): number {
  return mean * (0.4 + -0.6 * Math.log(1 - Math.random()));
}

/** What the newsroom's agents work with. */
interface Desk {
  readonly calls: AgentCalls;
  readonly pace: number;
}

async function takeAbout(seconds: number, { pace }: Desk, { signal }: WorkContext): Promise<void> {
  await sleep(around(seconds * pace) * 1000, undefined, { signal });
}

/** Asks the model, waits for the answer, and writes into the task's flight log what it used. */
async function ask({ seconds, model, tokens: [input, output] }: Work, desk: Desk, context: WorkContext): Promise<void> {
  const call = { model, inputTokens: Math.round(around(input)), outputTokens: Math.round(around(output)) };
  await desk.calls.chat(call, () => takeAbout(seconds, desk, context));
  const { board, fence, task } = context;
  const usage = {
    'gen_ai.request.model': model,
    'gen_ai.usage.input_tokens': call.inputTokens,
    'gen_ai.usage.output_tokens': call.outputTokens,
  };
  const payload = { ...usage, ...PRICES[model], fence };
  await board.appendFlightLog({ task_id: task.task_id, stage: task.status, payload });
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

function writing(work: Work, what: string, desk: Desk): WorkFunction {
  return async context => {
    await ask(work, desk, context);
    return `${what} for ${context.task.label}`;
  };
}

function reviewing(desk: Desk): WorkFunction {
  return async context => {
    await ask(WORK.review, desk, context);
    if (Math.random() >= REVISION_SHARE) return moveTo('published', { notes_append: 'approved' });
    return moveTo('research_ready', { notes_append: 'the second source does not say so; please write it again' });
  };
}

function researching(desk: Desk): WorkFunction {
  const { seconds } = WORK.research;
  const thinking = { ...WORK.research, seconds: seconds * (1 - SEARCH_SHARE) };
  let begun = 0;
  return async context => {
    begun++;
    const crashes = (begun - FIRST_CRASH) % CRASH_EVERY === 0;
    await desk.calls.executeTool('search_archive', async () => {
      await takeAbout(seconds * SEARCH_SHARE, desk, context);
      if (crashes) throw Object.assign(new Error('the archive answered 502 Bad Gateway'), { code: '502' });
    });
    await ask(thinking, desk, context);
    return `three sources on ${context.task.label}`;
  };
}

/**
 * The newsroom's workers.
 *
 * @param calls What they ask of models and tools.
 * @param pace Stretches every stage's work: 1 for a hundred articles in about twenty seconds.
 * @param timeoutSeconds After which silence is taken for death.
 */
export function newsroomWorkers(
  calls: AgentCalls,
  pace: number,
  timeoutSeconds: number,
): Record<string, PoolCapability> {
  const desk = { calls, pace };
  return {
    ideation: {
      workers: 1,
      execute: writing(WORK.ideation, 'an idea', desk),
      next: 'idea_ready',
      activeStatus: 'ideating',
      timeoutSeconds,
    },
    research: {
      workers: 3,
      execute: researching(desk),
      next: 'research_ready',
      activeStatus: 'researching',
      timeoutSeconds,
    },
    writing: {
      workers: 4,
      execute: writing(WORK.writing, 'a draft', desk),
      next: 'draft_ready',
      activeStatus: 'writing',
      timeoutSeconds,
    },
    review: { workers: 2, execute: reviewing(desk), activeStatus: 'reviewing', timeoutSeconds },
  };
}
