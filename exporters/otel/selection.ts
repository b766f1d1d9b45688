import { QuadroError } from '../../board/core/errors.ts';
import type { Cursor } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { checkSampleRatio } from '../../board/core/trace-sampling.ts';
import type { LogSource } from '../../board/log-source.ts';
import { cursorsBetween } from '../feed/cursor-at.ts';
import { cursorAt } from '../feed/index.ts';
import type { TranslationOptions } from './context.ts';

/** Which spans of a log are wanted. Each option leaves out what it says, whatever the others do. */
export interface SelectionOptions extends TranslationOptions {
  /** Begin here instead of at the saved place: a cursor, or the number of the first event. */
  from?: Cursor | number;
  /**
   * Leave out what came before: a span counts at the event that closed it (a stage that sampling held back, at the event that
   * made its task worth keeping), a cycle's as it went back to sleep, a tick's at its end.
   */
  since?: Micros;
  /** Leave out what came at this time or later, and end there, or where the log ends now. Takes no `follow`. */
  until?: Micros;
  /** Only the stages and roots of these tasks, no cycles and ticks. Takes no `follow`. */
  taskIds?: readonly string[];
  /**
   * Leave out spans that ended longer ago than this, in milliseconds, when their turn to be sent comes: some backends refuse
   * them. Default: none.
   */
  maxSpanAgeMs?: number;
  /**
   * The share of tasks that is kept, from 0 to 1, by their trace ids. A task that failed, went stale or was revised is kept from
   * then on, with all it had before. Cycles and ticks are always sent. Default 1.
   */
  sampleRatio?: number;
  /** Whether ticks come too that found nothing, and did not fail; on a quiet board most are such. Default true. */
  quietTicks?: boolean;
}

/** Whether the options name a part of the log that has an end: such a run neither reads nor moves the saved place. */
export function isBounded({ until, taskIds }: Pick<SelectionOptions, 'until' | 'taskIds'>): boolean {
  return until !== undefined || taskIds !== undefined;
}

/** @throws QuadroError `invalid_configuration` for options that cannot be, or not together. */
export function checkSelection(options: SelectionOptions & { readonly follow?: boolean }): void {
  const { since, until, taskIds, maxSpanAgeMs = 0, sampleRatio = 1, follow = false } = options;
  checkSampleRatio(sampleRatio);
  for (const [name, time] of Object.entries({ since, until })) {
    if (time !== undefined && !Number.isSafeInteger(time))
      refuse(`${name} must be a time in microseconds, not ${time}`);
  }
  if (since !== undefined && until !== undefined && since > until) refuse('since must not be later than until');
  if (!(maxSpanAgeMs >= 0)) refuse(`maxSpanAgeMs must be a number of milliseconds from 0 on, not ${maxSpanAgeMs}`);
  if (follow && until !== undefined) refuse('until ends the export: it cannot follow');
  if (follow && taskIds !== undefined) refuse('The spans of chosen tasks are sent once: taskIds cannot follow');
}

function refuse(message: string): never {
  throw new QuadroError('invalid_configuration', message);
}

/**
 * Where the options begin, or null where they do not say.
 *
 * @throws QuadroError `invalid_configuration`
 */
export async function selectionStart(source: LogSource, options: SelectionOptions): Promise<Cursor | null> {
  checkSelection(options);
  const { from, since } = options;
  const given = typeof from === 'number' ? await cursorAt(source, from) : (from ?? null);
  if (since === undefined) return given;
  const { start } = await cursorsBetween(source, { since });
  return given === null ? start : { ...given, events: Math.max(given.events, start.events) };
}
