import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import { measureBoard, serveMetrics } from '../../exporters/prometheus/index.ts';
import { cursorBeside } from '../cursor-beside.ts';
import { print } from '../output.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP, type Source } from '../source.ts';

interface Options {
  readonly once?: boolean;
  readonly port?: number;
  readonly host: string;
  readonly board?: string;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('It must be a port: 0 to 65535.');
  return port;
}

async function printOnce(source: Source): Promise<void> {
  const measured = await measureBoard(source.tables, { cursorStore: null, scrapeBudgetMs: Number.POSITIVE_INFINITY });
  try {
    await print((await measured.metrics()).text);
  } finally {
    await measured.close();
  }
}

async function serve(source: Source, port: number, host: string): Promise<void> {
  const signal = interruption();
  const cursorStore = await cursorBeside(source, 'prometheus');
  const measured = await measureBoard(source.tables, { cursorStore });
  try {
    const server = await serveMetrics(measured, { port, host });
    process.stderr.write(`serving ${server.url}\n`);
    if (!signal.aborted) await once(signal, 'abort');
    await server.close();
  } finally {
    await measured.close();
  }
}

async function run(text: string, options: Options): Promise<void> {
  const source = await openSource(text, options);
  try {
    if (options.port === undefined) await printOnce(source);
    else await serve(source, options.port, options.host);
  } finally {
    await source.close();
  }
}

/** `quadro metrics SOURCE` */
export function metricsCommand(): Command {
  return new Command('metrics')
    .description('Prometheus metrics of a board or log: printed once, or served')
    .argument('<source>', SOURCE_HELP)
    .addOption(new Option('--once', 'print the text format and end: the default').conflicts('port'))
    .option('--port <port>', 'serve /metrics there; 0 takes a free one', portNumber)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--board <name>', 'which board, where the database holds several')
    .addHelpText('after', '\nExamples:\n  quadro metrics newsroom.db --once\n  quadro metrics newsroom.db --port 9464')
    .action(run);
}
