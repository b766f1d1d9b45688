import type { ExportSummary } from '../exporters/otel/index.ts';
import { maskedUrl } from './masked-url.ts';
import { printable } from './output.ts';
import type { SpanOptions } from './span-options.ts';

/** What an export came to, and where its dead letters are. */
export interface SpansOutcome extends ExportSummary {
  /** Where refused spans were set aside; null where none was. */
  readonly dead_letter_file: string | null;
}

/** The outcome of an export, for people. */
export function spansText(outcome: SpansOutcome, options: SpanOptions, wasStopped: boolean): string {
  const { spans, retries, cursor } = outcome;
  const where = options.to ?? (options.otlp === undefined ? 'the OTLP endpoint' : maskedUrl(options.otlp));
  const rest = besides(outcome);
  // Who is stopped does not know whether there is more.
  if (spans === 0 && rest.length === 0 && !wasStopped && isGoingOn(options)) {
    return `Nothing new for ${where} since event ${cursor.events}; --from 1 sends everything again, with the same ids.`;
  }
  const after = retries === 0 ? '' : `, after ${retries} retries`;
  // Chosen tasks are read by themselves, not up to a place in the log.
  const upTo = options.task === undefined ? `, up to event ${cursor.events}` : '';
  return [`${spans} spans to ${where}${upTo}${after}`, ...rest].join('; ');
}

function isGoingOn({ to, from, since, until, task }: SpanOptions): boolean {
  return [to, from, since, until, task].every(each => each === undefined);
}

function besides(outcome: SpansOutcome): string[] {
  const { rejected, rejected_message, dead_lettered, dead_letter_file, clamped, too_old, not_sampled } = outcome;
  return [
    ...(rejected > 0 ? [`${rejected} were rejected: ${printable(rejected_message ?? 'no reason given')}`] : []),
    // A receiver that takes everything may have something to say all the same.
    ...(rejected === 0 && rejected_message !== null ? [`the receiver says: ${printable(rejected_message)}`] : []),
    ...(dead_lettered > 0
      ? [`${dead_lettered} were refused, and set aside in ${printable(dead_letter_file ?? '')}`]
      : []),
    ...(too_old > 0 ? [`${too_old} are too old`] : []),
    ...(not_sampled > 0 ? [`${not_sampled} are not sampled`] : []),
    ...(clamped > 0 ? [`${clamped} have times that went back or cannot be told, and are cut`] : []),
  ];
}
