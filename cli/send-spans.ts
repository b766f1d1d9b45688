import type { ExportOptions, ExportProgress, ExportSummary, FollowOptions } from '../exporters/otel/index.ts';
import { cursorBeside } from './cursor-beside.ts';
import { Interrupted } from './exit.ts';
import { loadOtel } from './load-otel.ts';
import { printable } from './output.ts';
import { progressOf } from './progress.ts';
import type { Source } from './source.ts';
import { headersOf, type SpanOptions, selectionOf } from './span-options.ts';
import type { SpansOutcome } from './spans-text.ts';

/** After so long without success a run that does not follow gives up, in milliseconds; it can be run again. */
const GIVE_UP_AFTER_MS = 300_000;
/** How long after a failure a follower tries anew, in milliseconds. */
const RESTART_MS = 10_000;

/** Writes the spans of a source into the file of `--to`. */
export async function writeToFile(
  source: Source,
  to: string,
  options: SpanOptions,
  signal: AbortSignal,
): Promise<SpansOutcome> {
  const { writeSpans } = await loadOtel();
  const selection = selectionOf(options);
  return watched(signal, null, ({ tell }) => writeSpans(source.tables, to, { ...selection, signal, onProgress: tell }));
}

/** Sends the spans of a source to a receiver: to the log's end, or for as long as it is let. */
export async function sendToReceiver(source: Source, options: SpanOptions, signal: AbortSignal): Promise<SpansOutcome> {
  const { exportSpans, followSpans } = await loadOtel();
  const receiver = await receiverOptions(source, options);
  const send = { ...selectionOf(options), ...receiver, signal };
  return watched(signal, receiver.deadLetterFile ?? null, ({ tell, tellFailure, tellRefusals }) => {
    if (!options.follow) {
      return exportSpans(source.tables, { ...send, follow: false, giveUpAfterMs: GIVE_UP_AFTER_MS, onProgress: tell });
    }
    const onProgress = (progress: ExportProgress): void => {
      tell(progress);
      tellRefusals(progress);
    };
    return followSpans(source.tables, { ...send, restartMs: RESTART_MS, onProgress, onError: tellFailure });
  });
}

/** Where to, and what is kept for it: its place and lease, and the file for what it refuses. */
async function receiverOptions(source: Source, options: SpanOptions): Promise<ExportOptions> {
  const { defaultDeadLetterFile, destinationOf } = await loadOtel();
  const { otlp, protocol, leaseSeconds, header } = options;
  const name = {
    ...(otlp !== undefined && { url: otlp }),
    ...(options.destination && { destination: options.destination }),
  };
  const destination = destinationOf(name);
  const cursorStore = await cursorBeside(source, destination);
  const place = source.kind === 'board' ? source.board.backend : { sidecarPath: source.path };
  const deadLetterFile = options.deadLetter ?? defaultDeadLetterFile(place, await source.tables.board(), destination);
  return {
    ...name,
    destination,
    headers: headersOf(header),
    ...(protocol !== undefined && { protocol }),
    ...(cursorStore !== null && { cursorStore }),
    ...(deadLetterFile !== null && { deadLetterFile }),
    ...(leaseSeconds !== undefined && { leaseSeconds }),
  };
}

/** Runs an export with its progress on stderr. What ends it while it is being stopped is the stopping. */
async function watched(
  signal: AbortSignal,
  deadLetterFile: string | null,
  run: (teller: Teller) => Promise<ExportSummary>,
): Promise<SpansOutcome> {
  const teller = newTeller();
  try {
    const summary = await run(teller);
    return { ...summary, dead_letter_file: summary.dead_lettered > 0 ? deadLetterFile : null };
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error;
  } finally {
    teller.stop();
  }
}

interface Teller {
  tell(progress: ExportProgress): void;
  tellFailure: NonNullable<FollowOptions['onError']>;
  tellRefusals(progress: ExportProgress): void;
  stop(): void;
}

/** Shows how far the export is, and, once each time, why nothing moves. */
function newTeller(): Teller {
  const progress = progressOf('events');
  let toldReason: string | null = null;
  let hasToldRefusals = false;
  const tellWaiting = (reason: string): void => {
    if (toldReason === null) process.stderr.write(`waiting, and trying again: ${printable(reason)}\n`);
    toldReason = reason;
  };
  return {
    tell({ cursor, lag, waiting }) {
      progress.update(cursor.events, cursor.events + lag);
      if (waiting === null) toldReason = null;
      else tellWaiting(waiting.reason);
    },
    tellFailure(error, retryInMs) {
      // Where it is not tried again it ends the command, which tells it.
      if (retryInMs !== null) tellWaiting(error.message);
    },
    tellRefusals({ rejected, rejected_message, dead_lettered }) {
      // Whoever follows may do so for months: that spans are lost is told as it begins, and counted at the end.
      if (hasToldRefusals || rejected + dead_lettered === 0) return;
      hasToldRefusals = true;
      const rejects = `rejects spans: ${printable(rejected_message ?? 'no reason given')}`;
      process.stderr.write(`the receiver ${rejected > 0 ? rejects : 'refuses spans, which are set aside'}\n`);
    },
    stop: () => progress.stop(),
  };
}
