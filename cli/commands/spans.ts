import { Command, InvalidArgumentError } from 'commander';
import { ValidationError } from '../../board/core/errors.ts';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { type ExportProgress, type ExportSummary, exportSpans, writeSpans } from '../../exporters/otel/index.ts';
import { FoundFaults } from '../exit.ts';
import { print, printJson } from '../output.ts';
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
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a sequence_id: a whole number.');
  return Number(text);
}

/** Shows how far the export is, and, once each time, why nothing moves. */
function progressTeller(): { tell(progress: ExportProgress): void; stop(): void } {
  const progress = progressOf('events');
  let isWaiting = false;
  return {
    tell({ cursor, lag, waiting }) {
      progress.update(cursor.events, cursor.events + lag);
      if (waiting !== null && !isWaiting) process.stderr.write(`waiting: ${waiting.reason}\n`);
      isWaiting = waiting !== null;
    },
    stop: () => progress.stop(),
  };
}

/** The place reached is kept beside the board or log, so that the next run goes on from there. */
function cursorBeside(source: Source, destination: string): ReturnType<typeof fileCursorStore> | null {
  const path = source.kind === 'board' ? source.board.backend.sidecarPath : source.path;
  return path === null ? null : fileCursorStore(cursorPath(path, destination));
}

async function send(source: Source, options: Options): Promise<ExportSummary> {
  const { otlp, to, from, follow = false, label = false } = options;
  const teller = progressTeller();
  const common = { signal: interruption(), withLabel: label, onProgress: (each: ExportProgress) => teller.tell(each) };
  const start = from === undefined ? {} : { from };
  try {
    if (to !== undefined) return await writeSpans(source.tables, to, { ...common, ...start });
    const store = cursorBeside(source, 'otlp');
    const place = store === null ? {} : { cursorStore: store };
    return await exportSpans(source.tables, { ...common, ...start, ...place, ...(otlp && { url: otlp }), follow });
  } finally {
    teller.stop();
  }
}

async function run(text: string, options: Options): Promise<void> {
  if (options.to !== undefined && (options.otlp !== undefined || options.follow)) {
    throw new ValidationError(
      'invalid_payload',
      'Give --to FILE for a file, or --otlp URL (and --follow) for an endpoint, not both',
    );
  }
  const source = await openSource(text, options);
  try {
    const summary = await send(source, options);
    const { spans, rejected, retries, cursor } = summary;
    if (options.json) await printJson(summary);
    else {
      const where = options.to ?? options.otlp ?? 'the OTLP endpoint';
      await print(`${spans} spans to ${where}, up to event ${cursor.events}; ${rejected} rejected, ${retries} retries`);
    }
    if (rejected > 0) throw new FoundFaults();
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
    .option('--to <file>', 'write OTLP JSON lines instead')
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
