import { Command, Option } from 'commander';
import { ageMs, instantOf } from '../age.ts';
import { FoundFaults, Interrupted } from '../exit.ts';
import { maskedUrl } from '../masked-url.ts';
import { openPatiently } from '../open-patiently.ts';
import { print, printJson } from '../output.ts';
import { sendToReceiver, writeToFile } from '../send-spans.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP, type Source } from '../source.ts';
import { oneMore, positiveSeconds, ratio, type SpanOptions, sequenceNumber } from '../span-options.ts';
import { spansText } from '../spans-text.ts';
import { verifySource } from '../verify-source.ts';
import { verifyText } from '../verify-text.ts';

async function verify(source: Source, received: string, options: SpanOptions, signal: AbortSignal): Promise<void> {
  const result = await verifySource(source, received, options, signal);
  if (options.json) await printJson(result);
  else await print(verifyText(result, maskedUrl(received)));
  if (!result.ok) throw new FoundFaults();
}

async function send(source: Source, options: SpanOptions, signal: AbortSignal): Promise<void> {
  const { to } = options;
  const outcome = await (to === undefined
    ? sendToReceiver(source, options, signal)
    : writeToFile(source, to, options, signal));
  if (options.json) await printJson(outcome);
  else await print(spansText(outcome, options, signal.aborted));
  // To stop is how a follower ends; anything else was not done with the log.
  if (signal.aborted && !options.follow) throw new Interrupted();
  if (outcome.rejected + outcome.dead_lettered > 0) throw new FoundFaults();
}

async function run(text: string, options: SpanOptions): Promise<void> {
  const signal = interruption();
  const source = await (options.follow ? openPatiently(text, options, signal) : openSource(text, options));
  try {
    if (options.verify === undefined) await send(source, options, signal);
    else await verify(source, options.verify, options, signal);
  } finally {
    await source.close();
  }
}

/** Options that only make sense where spans are sent to a receiver. */
const SENDING = ['otlp', 'protocol', 'destination', 'deadLetter', 'leaseSeconds', 'follow'];

const EXAMPLES = `
Examples:
  quadro spans newsroom.db --otlp http://127.0.0.1:4318 --follow
  quadro spans postgres://db/boards --otlp https://api.honeycomb.io --header "x-honeycomb-team: $KEY"
  quadro spans newsroom.db --otlp http://127.0.0.1:4318 --since 24h --until 2026-11-21T06:00
  quadro spans newsroom.db --to spans.ndjson --task zdv2p
  quadro spans newsroom.db --verify spans.ndjson
  quadro spans newsroom.db --task zdv2p --verify http://127.0.0.1:16686/api/traces/9d4a…

Without --until and --task it goes on to the log's end and moves the saved place. With them a part of the
log is sent beside whoever follows, and that place stays where it is.

Exit code 1: the receiver refused spans, or --verify found faults.`;

function destinationOptions(command: Command): Command {
  return command
    .optionsGroup('Where to:')
    .option('--otlp <url>', 'the OTLP/HTTP endpoint; default OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318')
    .addOption(new Option('--to <file>', 'write OTLP JSON lines instead').conflicts([...SENDING, 'header']))
    .addOption(
      new Option(
        '--verify <file|url>',
        'send nothing: compare with what was received, and name what is not equal',
      ).conflicts([...SENDING, 'to']),
    )
    .addOption(new Option('--follow', 'stay, and send what is written from now on').conflicts(['until', 'task']))
    .option('--header <name: value>', 'sent to the receiver, or to the URL of --verify; may be repeated', oneMore)
    .addOption(new Option('--protocol <protocol>', 'how spans are written').choices(['http/json', 'http/protobuf']))
    .option('--destination <name>', 'where two places are behind one URL: whose saved place and lease it is')
    .option('--dead-letter <file>', 'where refused spans are set aside; default beside the saved place')
    .option(
      '--lease-seconds <s>',
      'how long it may be silent before another exporter goes on instead',
      positiveSeconds,
    );
}

function selectionOptions(command: Command): Command {
  return command
    .optionsGroup('Which spans:')
    .option('--from <sequence_id>', 'begin at this event instead of the saved place', sequenceNumber)
    .option('--since <time|age>', 'begin with what ended then: a time, or an age such as 24h', instantOf)
    .option('--until <time|age>', 'end with what ended before then', instantOf)
    .option('--task <id>', 'only of this task; may be repeated', oneMore)
    .option('--max-span-age <age>', 'leave out what the backend would refuse for its age: 60m, 24h', ageMs)
    .option('--sample <ratio>', 'keep this share of tasks, and all that failed, were stale or revised', ratio)
    .option('--no-quiet-ticks', 'leave out the ticks of the Ombudsman that found nothing');
}

function contentOptions(command: Command): Command {
  return command
    .optionsGroup('What they say:')
    .option('--label', "put tasks' labels on their spans")
    .option('--gen-ai <provider>', "add the gen_ai attributes of agents to agents' stages, with this provider");
}

/** `quadro spans SOURCE` */
export function spansCommand(): Command {
  const command = new Command('spans')
    .description('Send the spans of a log to an OTLP endpoint, write them, or verify what was received')
    .argument('<source>', SOURCE_HELP);
  return contentOptions(selectionOptions(destinationOptions(command)))
    .optionsGroup('Options:')
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print the outcome as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(run);
}
