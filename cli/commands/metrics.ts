import { once } from 'node:events';
import { Command, Option } from 'commander';
import { type MeasuredBoard, measureBoard, serveMetrics } from '../../exporters/prometheus/index.ts';
import { cursorBeside } from '../cursor-beside.ts';
import { Interrupted } from '../exit.ts';
import { graceSeconds } from '../grace-seconds.ts';
import { labelSets, type MetricsOptions, measuringOf, oneMoreLadder, portNumber } from '../metrics-options.ts';
import { openPatiently } from '../open-patiently.ts';
import { print, printable } from '../output.ts';
import { patiently } from '../patiently.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP, type Source } from '../source.ts';
import { oneMore } from '../span-options.ts';

async function printOnce(text: string, options: MetricsOptions): Promise<void> {
  const signal = interruption();
  const source = await openSource(text, options);
  try {
    const whole = { cursorStore: null, scrapeBudgetMs: Number.POSITIVE_INFINITY };
    const measured = await measureBoard(source.tables, { ...measuringOf(options), ...whole });
    try {
      await readToEnd(measured, signal);
      await print((await measured.metrics()).text);
    } finally {
      await measured.close();
    }
  } finally {
    await source.close();
  }
}

async function readToEnd(measured: MeasuredBoard, signal: AbortSignal): Promise<void> {
  const progress = progressOf('events');
  try {
    await measured.catchUp({ signal, onProgress: (counted, left) => progress.update(counted, counted + left) });
  } finally {
    progress.stop();
  }
  if (signal.aborted) throw new Interrupted();
}

async function serveMeasured(measured: MeasuredBoard, port: number, host: string, signal: AbortSignal): Promise<void> {
  let isWhole = false;
  const metrics: MeasuredBoard['metrics'] = async accept => {
    // Whoever scraped totals that still rise to where they stood before would count them again.
    if (!isWhole) throw new Error('The log is still being read to its end; its metrics follow');
    return measured.metrics(accept);
  };
  const server = await serveMetrics({ metrics }, { port, host });
  try {
    await patiently(() => readToEnd(measured, signal), signal);
    isWhole = true;
    process.stderr.write(`serving ${server.url}\n`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
}

function tell(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`totals are not saved, and it goes on: ${printable(reason)}\n`);
}

async function measure(source: Source, options: MetricsOptions): Promise<MeasuredBoard> {
  const cursorStore = await cursorBeside(source, 'prometheus');
  return measureBoard(source.tables, { ...measuringOf(options), cursorStore, onError: tell });
}

async function serve(text: string, port: number, options: MetricsOptions): Promise<void> {
  const signal = interruption();
  const source = await openPatiently(text, options, signal);
  try {
    const measured = await patiently(() => measure(source, options), signal);
    try {
      await serveMeasured(measured, port, options.host, signal);
    } finally {
      await measured.close();
    }
  } finally {
    await source.close();
  }
}

function run(text: string, options: MetricsOptions): Promise<void> {
  return options.port === undefined ? printOnce(text, options) : serve(text, options.port, options);
}

const EXAMPLES = `
Examples:
  quadro metrics newsroom.db --once
  quadro metrics newsroom.db --port 9464
  quadro metrics postgres://db/boards --port 9464 --buckets task=0.05,0.1,0.5,1,5 --disable-label task_type`;

function countingOptions(command: Command): Command {
  return command
    .optionsGroup('What is told apart:')
    .option('--disable-label <label>', 'leave a label out of every metric; may be repeated', oneMore)
    .option('--enable-label <label>', 'tell agents apart as well: agent_id', oneMore)
    .option('--max-label-sets <n>', 'most label sets a metric has, the rest is _other; default 1000', labelSets)
    .option('--buckets <ladder=bounds>', 'bounds of a ladder, as in task=1,5,15; may be repeated', oneMoreLadder)
    .option(
      '--dispatch-grace <seconds>',
      'how long work may be stranded before it is a dispatch failure; default 1',
      graceSeconds,
    );
}

/** `quadro metrics SOURCE` */
export function metricsCommand(): Command {
  const command = new Command('metrics')
    .description('Prometheus metrics of a board or log: printed once, or served')
    .argument('<source>', SOURCE_HELP)
    .addOption(new Option('--once', 'print the text format and end: the default').conflicts('port'))
    .option('--port <port>', 'serve /metrics there; 0 takes a free one', portNumber)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--board <name>', 'which board, where the database holds several');
  return countingOptions(command).addHelpText('after', EXAMPLES).action(run);
}
