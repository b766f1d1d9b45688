import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExportProgress, ExportSummary } from '../../exporters/otel/index.ts';
import { cursorBeside } from '../cursor-beside.ts';
import { FoundFaults, Interrupted } from '../exit.ts';
import { loadOtel } from '../load-otel.ts';
import { print, printable, printJson } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP, type Source } from '../source.ts';

interface Options {
  readonly otlp?: string;
  readonly to?: string;
  readonly from?: number;
  readonly follow?: boolean;
  readonly label?: boolean;
  readonly board?: string;
  readonly json?: boolean;
}

function sequenceNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a sequence_id: a whole number from 1.');
  return Number(text);
}

/** After so long without success a run that does not follow gives up, in milliseconds; it can be run again. */
const GIVE_UP_AFTER_MS = 300_000;

/** Shows how far the export is, and, once each time, why nothing moves. */
function progressTeller(): { tell(progress: ExportProgress): void; stop(): void } {
  const progress = progressOf('events');
  let isWaiting = false;
  return {
    tell({ cursor, lag, waiting }) {
      progress.update(cursor.events, cursor.events + lag);
      if (waiting !== null && !isWaiting) {
        process.stderr.write(`waiting for the receiver, and trying again: ${printable(waiting.reason)}\n`);
      }
      isWaiting = waiting !== null;
    },
    stop: () => progress.stop(),
  };
}

async function send(source: Source, options: Options, signal: AbortSignal): Promise<ExportSummary> {
  const { otlp, to, from, follow = false, label = false } = options;
  const { exportSpans, writeSpans } = await loadOtel();
  const teller = progressTeller();
  const onProgress = (progress: ExportProgress): void => teller.tell(progress);
  const common = { signal, withLabel: label, onProgress, ...(from !== undefined && { from }) };
  try {
    if (to !== undefined) return await writeSpans(source.tables, to, common);
    const cursorStore = await cursorBeside(source, 'otlp', otlp);
    return await exportSpans(source.tables, {
      ...common,
      ...(cursorStore !== null && { cursorStore }),
      ...(otlp !== undefined && { url: otlp }),
      ...(follow ? { follow } : { follow, giveUpAfterMs: GIVE_UP_AFTER_MS }),
    });
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error;
  } finally {
    teller.stop();
  }
}

function summaryText(summary: ExportSummary, options: Options, wasStopped: boolean): string {
  const { spans, rejected, rejected_message, retries, cursor } = summary;
  const where = options.to ?? options.otlp ?? 'the OTLP endpoint';
  // Who is stopped does not know whether there is more.
  if (spans === 0 && !wasStopped && options.to === undefined && options.from === undefined) {
    return `Nothing new for ${where} since event ${cursor.events}; --from 1 sends everything again, with the same ids.`;
  }
  const refused =
    rejected === 0 ? '' : `; ${rejected} were rejected: ${printable(rejected_message ?? 'no reason given')}`;
  return `${spans} spans to ${where}, up to event ${cursor.events}${retries === 0 ? '' : `, after ${retries} retries`}${refused}`;
}

async function run(text: string, options: Options): Promise<void> {
  const signal = interruption();
  const source = await openSource(text, options);
  try {
    const summary = await send(source, options, signal);
    if (options.json) await printJson(summary);
    else await print(summaryText(summary, options, signal.aborted));
    // To stop is how a follower ends; anything else was not done with the log.
    if (signal.aborted && !options.follow) throw new Interrupted();
    if (summary.rejected > 0) throw new FoundFaults();
  } finally {
    await source.close();
  }
}

/** `quadro spans SOURCE` */
export function spansCommand(): Command {
  return new Command('spans')
    .description('Send the spans of a log to an OTLP endpoint, or write them; goes on from where the last run stopped')
    .argument('<source>', SOURCE_HELP)
    .option('--otlp <url>', 'the OTLP/HTTP endpoint; default OTEL_EXPORTER_OTLP_ENDPOINT')
    .addOption(new Option('--to <file>', 'write OTLP JSON lines instead').conflicts(['otlp', 'follow']))
    .option('--from <sequence_id>', 'begin at this event instead of the saved place', sequenceNumber)
    .option('--follow', 'stay, and send what is written from now on')
    .option('--label', "put tasks' labels on their spans")
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print the summary as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro spans newsroom.db --otlp http://127.0.0.1:4318 --follow\n  quadro spans newsroom.db --to spans.ndjson',
    )
    .action(run);
}
