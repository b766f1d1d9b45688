import type { Event, Task } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';
import type { FeedBatch } from '../feed/index.ts';
import { causedStages, type StageRef } from './caused-stages.ts';
import { checkedGenAi, type GenAiOptions } from './gen-ai.ts';
import { historyCache } from './history-cache.ts';
import { lightEvent } from './light-event.ts';
import { lightSource } from './light-source.ts';
import { type RootFacts, rootFactsOf } from './root-facts.ts';
import { type SpanScope, spanScope } from './span.ts';
import { closesStage } from './stage-span.ts';
import { originFinder, type TaskOrigins } from './task-origins.ts';
import { finishesTask } from './task-span.ts';
import type { TranslationContext } from './translation-context.ts';

/** What may be chosen about the spans of a board. */
export interface TranslationOptions {
  /** `service.name` of the resource. Default: `OTEL_SERVICE_NAME`, else `quadro`. */
  serviceName?: string;
  /** Put the task's label on root spans. Default false. */
  withLabel?: boolean;
  /** Put OpenTelemetry's attributes for generative AI on agents' stages. Default: none. */
  genAi?: GenAiOptions;
}

/** Histories read at once: enough to hide a server's latency, few enough to bound memory. */
const HISTORIES_AT_ONCE = 8;

/** Knows of a log what {@link translate} needs beside a batch; {@link contextReader} says what it may remember. */
export interface ContextKeeper {
  /** Takes in a page of the log. Pages come in its order. */
  learn(batch: FeedBatch): void;
  /** Where tasks came from. */
  originsOf(batch: FeedBatch, taskIds: Iterable<string>): Promise<TaskOrigins>;
  /** The context of rows of the log, whether they were taken in or not. */
  contextOf(batch: FeedBatch): Promise<TranslationContext>;
}

/**
 * Reads from a board what {@link translate} needs beside a batch. Keep one for a run: it remembers, within bounds, what it
 * has read. What it answers depends on the log's rows alone, never on what it remembers.
 */
export function contextReader(
  source: LogSource,
  options: TranslationOptions = {},
): (batch: FeedBatch) => Promise<TranslationContext> {
  const keeper = contextKeeper(source, options);
  return batch => {
    keeper.learn(batch);
    return keeper.contextOf(batch);
  };
}

/** {@link contextReader}, for who takes in other rows than those to be translated. */
export function contextKeeper(source: LogSource, options: TranslationOptions = {}): ContextKeeper {
  const { serviceName = process.env.OTEL_SERVICE_NAME || 'quadro', withLabel = false } = options;
  const genAi = checkedGenAi(options.genAi);
  const log = lightSource(source, { withLabel });
  const caused = causedStages(log);
  const histories = historyCache(log);
  let scope: SpanScope | undefined;
  let finder: ReturnType<typeof originFinder> | undefined;
  const originsIn = ({ board }: FeedBatch): ReturnType<typeof originFinder> => {
    finder ??= originFinder(log, board.board_uid);
    return finder;
  };
  return {
    learn(batch) {
      histories.prune();
      const events = batch.events.map(event => lightEvent(event, withLabel));
      for (const reader of [originsIn(batch), caused, histories]) reader.learn(events);
    },
    originsOf: (batch, taskIds) => originsIn(batch).originsOf(taskIds),
    async contextOf(batch) {
      const { board, events } = batch;
      scope ??= await spanScope(board, serviceName);
      const facts = await readHistories(source, histories, events, withLabel);
      const causes = await readCauses(source, caused, batch);
      const origins = await readOrigins(originsIn(batch), events, causes);
      return { board, scope, withLabel, genAi, origins, ...facts, ...causes };
    },
  };
}

/** Of the tasks that spans of these rows belong to, and of those they link to. */
async function readOrigins(
  finder: ReturnType<typeof originFinder>,
  events: readonly Event[],
  { openedBy, foundStaleBy }: Pick<TranslationContext, 'openedBy' | 'foundStaleBy'>,
): Promise<TaskOrigins> {
  const taskIds = new Set(events.filter(needsTrace).map(event => event.task_id));
  for (const refs of [...openedBy.values(), ...foundStaleBy.values()]) {
    for (const ref of refs) taskIds.add(ref.task_id);
  }
  const found = new Map(await finder.originsOf(taskIds));
  for (const [taskId, origin] of await finder.originsOf(relativesOf(events, found))) found.set(taskId, origin);
  return found;
}

/** The context of one batch; see {@link contextReader} for many. */
export function contextOf(
  source: LogSource,
  batch: FeedBatch,
  options: TranslationOptions = {},
): Promise<TranslationContext> {
  return contextReader(source, options)(batch);
}

function needsTrace(event: Event): boolean {
  return closesStage(event) || finishesTask(event);
}

/** Ids of the parent and origin tasks that root spans of these events link to. */
function relativesOf(events: readonly Event[], origins: TranslationContext['origins']): Set<string> {
  const relatives = new Set<string>();
  for (const event of events) {
    if (!finishesTask(event)) continue;
    const { parent_task_id = null, origin_task_id = null } = origins.get(event.task_id) ?? {};
    if (parent_task_id !== null) relatives.add(parent_task_id);
    if (origin_task_id !== null) relatives.add(origin_task_id);
  }
  return relatives;
}

/** What only a task's history tells: the facts of its root, and the status of a stage whose closing event names another. */
async function readHistories(
  source: LogSource,
  histories: ReturnType<typeof historyCache>,
  events: readonly Event[],
  withLabel: boolean,
): Promise<Pick<TranslationContext, 'roots' | 'enteredStatus'>> {
  const roots = new Map<number, RootFacts>();
  const enteredStatus = new Map<number, string>();
  const wanted = events.filter(event => finishesTask(event) || event.edge === 'unlinked');
  for (let start = 0; start < wanted.length; start += HISTORIES_AT_ONCE) {
    await Promise.all(
      wanted.slice(start, start + HISTORIES_AT_ONCE).map(async event => {
        const history = await histories.historyOf(event);
        if (finishesTask(event)) roots.set(event.sequence_id, await factsWithRow(source, history, event, withLabel));
        const entering = history.find(each => each.sequence_id === event.entered_sequence_id);
        if (entering?.to_status != null) enteredStatus.set(entering.sequence_id, entering.to_status);
      }),
    );
  }
  return { roots, enteredStatus };
}

/** The facts; an imported post does not tell the label and priority, the task's row does. */
async function factsWithRow(
  source: LogSource,
  history: readonly Event[],
  event: Event,
  withLabel: boolean,
): Promise<RootFacts> {
  const facts = rootFactsOf(history, event);
  if (facts.priority !== null && (facts.label !== null || !withLabel)) return facts;
  // Only what is wanted: a label may be long.
  const rows = await source.tasksById([event.task_id], withLabel ? ['label', 'priority'] : ['priority']);
  const [row]: readonly Partial<Pick<Task, 'label' | 'priority'>>[] = rows;
  return { ...facts, label: facts.label ?? row?.label ?? null, priority: facts.priority ?? row?.priority ?? null };
}

async function readCauses(
  source: LogSource,
  caused: ReturnType<typeof causedStages>,
  batch: FeedBatch,
): Promise<Pick<TranslationContext, 'openedBy' | 'foundStaleBy'>> {
  const openedBy = new Map<string, readonly StageRef[]>();
  const foundStaleBy = new Map<string, readonly StageRef[]>();
  if (batch.chief_cycles.length + batch.ombudsman_ticks.length === 0) return { openedBy, foundStaleBy };
  // Read anew: the batch's own may be older than its last rows, and all their events must be in sight.
  const board = await source.board();
  for (const cycle of batch.chief_cycles) openedBy.set(cycle.cycle_id, await caused.openedBy(cycle, board));
  for (const tick of batch.ombudsman_ticks) foundStaleBy.set(tick.tick_id, await caused.foundStaleBy(tick, board));
  return { openedBy, foundStaleBy };
}
