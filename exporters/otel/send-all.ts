import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { DeadLetters } from './dead-letters.ts';
import { type Insist, type InsistOptions, insister, Stopped } from './insist.ts';
import { type Refusal, refusalOf, TOO_LARGE } from './refusal.ts';
import type { SpanSink } from './sink.ts';
import { newWitness, type Witness } from './witness.ts';

/** What became of a batch. */
export interface SentAll {
  /** False where it was stopped before all of it was dealt with: then the batch counts as not sent. */
  readonly done: boolean;
  readonly rejected: number;
  /** The receiver's words about what it rejected. */
  readonly message: string | null;
  readonly dead_lettered: number;
}

/** How to send, and where to set aside what is refused for itself; null ends the export instead. */
export interface SendAllOptions extends InsistOptions {
  readonly deadLetters: DeadLetters | null;
}

const STOPPED: SentAll = { done: false, rejected: 0, message: null, dead_lettered: 0 };

/**
 * Sends batches to a sink, a request at a time: repeats what may pass, halves what is too large, and halves what is refused
 * for a span in it until that is found. It is set aside only after the receiver refused it alone, took something else, and
 * refused it alone again. A batch of n spans takes less than 3n + 2 requests, one bad span among 500 about 20.
 *
 * @throws QuadroError, from the function returned: `delivery_failed` where the sink refuses for good, or `giveUpAfterMs` is
 * over; `storage_failed` where a span cannot be set aside.
 */
export function batchSender(
  sink: SpanSink,
  options: SendAllOptions,
): (spans: readonly ReadableSpan[]) => Promise<SentAll> {
  const insist = insister(sink, options);
  const run: Run = { insist, witness: newWitness(insist), deadLetters: options.deadLetters, location: sink.location };
  return async spans => {
    try {
      return await sendBatch(spans, run);
    } catch (error) {
      if (error instanceof Stopped) return STOPPED;
      throw error;
    }
  };
}

/** What the batches of a run share. */
interface Run extends Pick<SendAllOptions, 'deadLetters'> {
  readonly insist: Insist;
  readonly witness: Witness;
  readonly location: string;
}

/** A span that was refused alone. */
interface Suspect {
  readonly span: ReadableSpan;
  readonly refusal: Refusal;
}

/** What is known of a batch while it is being sent. */
interface Progress {
  rejected: number;
  message: string | null;
  /** Whether the receiver took something since it last refused a span alone. */
  isConfirmed: boolean;
}

async function sendBatch(spans: readonly ReadableSpan[], run: Run): Promise<SentAll> {
  const progress: Progress = { rejected: 0, message: null, isConfirmed: false };
  const suspects = spans.length === 0 ? [] : await sendParts(spans, progress, run);
  const guilty = suspects.length === 0 ? [] : await sendAgain(suspects, progress, run);
  if (guilty.length > 0) await setAside(guilty, run);
  const { rejected, message } = progress;
  return { done: true, rejected, message, dead_lettered: guilty.length };
}

/** Sends a batch in as many parts as it takes, and gives the spans that were refused alone. */
async function sendParts(spans: readonly ReadableSpan[], progress: Progress, run: Run): Promise<Suspect[]> {
  const suspects: Suspect[] = [];
  const waiting = [spans];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const refusal = await sendPart(part, progress, run);
    if (refusal === null) continue;
    const [span] = part;
    if (part.length === 1 && span !== undefined) {
      run.witness.refusedAlone(refusal.error);
      suspects.push({ span, refusal });
      progress.isConfirmed = false;
      continue;
    }
    if (refusal.status !== TOO_LARGE && suspects.length === 0 && !progress.isConfirmed) {
      await run.witness.confirm(refusal.error);
      progress.isConfirmed = true;
    }
    waiting.push(...halvesOf(part));
  }
  return suspects;
}

/** Sends suspects once more, each alone, now that the receiver is known to take other things; gives those it still refuses. */
async function sendAgain(suspects: readonly Suspect[], progress: Progress, run: Run): Promise<Suspect[]> {
  const [first] = suspects;
  if (first !== undefined && !progress.isConfirmed) await run.witness.confirm(first.refusal.error);
  const guilty: Suspect[] = [];
  for (const { span } of suspects) {
    const refusal = await sendPart([span], progress, run);
    if (refusal !== null) guilty.push({ span, refusal });
  }
  return guilty;
}

async function setAside(guilty: readonly Suspect[], { deadLetters, location }: Run): Promise<void> {
  const refused_at = new Date().toISOString();
  const letters = guilty.map(({ span, refusal: { reason, status } }) => {
    return { span, reason, status, refused_at, location };
  });
  await deadLetters?.add(letters);
}

/** Null where it was taken. */
async function sendPart(part: readonly ReadableSpan[], progress: Progress, run: Run): Promise<Refusal | null> {
  const outcome = await run.insist(part);
  if (outcome.status !== 'sent') return refusalOf(outcome, part.length, run.deadLetters !== null);
  progress.rejected += outcome.rejected;
  progress.message = outcome.message ?? progress.message;
  if (outcome.rejected < part.length) {
    run.witness.took(part);
    progress.isConfirmed = true;
  }
  return null;
}

/** The second half first: the stack gives the first half back first. */
function halvesOf(part: readonly ReadableSpan[]): (readonly ReadableSpan[])[] {
  const middle = Math.ceil(part.length / 2);
  return [part.slice(middle), part.slice(0, middle)];
}
