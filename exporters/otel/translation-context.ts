import type { BoardRecord } from '../../board/core/records.ts';
import type { StageRef } from './caused-stages.ts';
import type { GenAiOptions } from './gen-ai.ts';
import type { RootFacts } from './root-facts.ts';
import type { SpanScope } from './span.ts';
import type { TaskOrigins } from './task-origins.ts';

/** What a batch's rows do not say themselves; `contextReader` reads it. */
export interface TranslationContext {
  readonly board: Pick<BoardRecord, 'board_id' | 'board_uid'>;
  readonly scope: SpanScope;
  /** Whether root spans carry the task's label: it may hold what should not leave the house. */
  readonly withLabel: boolean;
  /** Whose attributes agents' stages carry beside ours; undefined: none. */
  readonly genAi: GenAiOptions | undefined;
  /** Of every task the batch's spans belong to or link to. */
  readonly origins: TaskOrigins;
  /** Of every task that finishes in the batch, by the finishing event. */
  readonly roots: ReadonlyMap<number, RootFacts>;
  /** Where a stage's status is not its closing event's `from_status` (imports): by the event that entered it. */
  readonly enteredStatus: ReadonlyMap<number, string>;
  /** Stages each cycle of the batch opened. */
  readonly openedBy: ReadonlyMap<string, readonly StageRef[]>;
  /** Stages each tick of the batch found stale. */
  readonly foundStaleBy: ReadonlyMap<string, readonly StageRef[]>;
}
