import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { ValidationError } from '../../board/core/errors.ts';
import { openBoard } from '../../board/open-board.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { NEWSROOM } from '../demo/newsroom.ts';
import { outcomeText } from '../demo/outcome-text.ts';
import { runNewsroom } from '../demo/run-newsroom.ts';
import { statusLine } from '../demo/status-line.ts';
import { flightText } from '../flight-text.ts';
import { loadOtel } from '../load-otel.ts';
import { print, printable, shellWord } from '../output.ts';
import { bottleneckText, sleepText } from '../report-text.ts';
import { interruption } from '../signals.ts';
import { backendOf } from '../source.ts';

type Otel = Awaited<ReturnType<typeof loadOtel>>;

interface Options {
  readonly tasks: number;
  readonly seconds: number;
  readonly db?: string;
  readonly out?: string;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

/** `quadro-demo-20261121-064501`, in UTC. */
function newFolderName(): string {
  return `quadro-demo-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
}

/** Spans going out while the demo runs. */
interface Sending {
  /** Sends what is left, and answers what came of it, in a line. */
  stop(): Promise<string>;
}

/** Spans go to the endpoint of the standard variables while the run lasts, where there is one. */
function sendingOf({ traceBoard }: Otel, board: Board, url: string): Sending | null {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = process.env;
  if (!OTEL_EXPORTER_OTLP_ENDPOINT && !OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return null;
  let obstacle: string | null = null;
  let isAllSent = false;
  const tracing = traceBoard(board, {
    onProgress: ({ waiting, lag }) => {
      obstacle = waiting?.reason ?? null;
      isAllSent = lag === 0 && waiting === null;
    },
    // Told at the end.
    onError: () => undefined,
  });
  return {
    async stop() {
      const { spans, error } = await tracing.stop();
      const delivered = `${spans} spans delivered while it ran.`;
      if (isAllSent) return `${delivered}\n`;
      const reason = printable(obstacle ?? error?.message ?? 'it was too slow');
      return `${delivered} The rest waits for the receiver: ${reason}. npx quadro spans ${url} sends it.\n`;
    },
  };
}

async function writeArtifacts({ writeSpans }: Otel, board: Board, folder: string): Promise<void> {
  await exportLog(board, { to: join(folder, 'log') });
  await writeSpans(board, join(folder, 'spans.ndjson'), { withLabel: true });
  const measured = await measureBoard(board, { scrapeBudgetMs: Number.POSITIVE_INFINITY });
  await writeFile(join(folder, 'metrics.txt'), (await measured.metrics()).text);
  await measured.close();
}

async function tell(board: Board, analysis: Analysis, folder: string): Promise<string | null> {
  const report = await analysis.report();
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const [most] = await analysis.sql(
    'select task_id from flight_plans order by revisions desc, elapsed_seconds desc limit 1',
  );
  const taskId = typeof most?.task_id === 'string' ? most.task_id : null;
  if (taskId !== null) {
    const { flight_plan } = await board.flightPlan(taskId);
    await print(`${await outcomeText(analysis)}\nThe most revised article:\n\n${flightText(flight_plan)}`);
  }
  await print(bottleneckText(report));
  await print(sleepText(report));
  return taskId;
}

async function finish(otel: Otel, open: Board, url: string, folder: string): Promise<void> {
  await writeArtifacts(otel, open, folder);
  const analysis = await openAnalysis(open);
  try {
    const taskId = await tell(open, analysis, folder);
    const here = relative(process.cwd(), folder) || '.';
    const board = shellWord(url);
    await print(
      `\nWritten to ${here}: the board, its log as Parquet (log/), its spans (spans.ndjson), metrics.txt, report.json.\n` +
        'Look further:\n' +
        `  npx quadro flight ${board} ${taskId ?? 'TASK_ID'}\n` +
        `  npx quadro sql ${board} "select status, count(*) visits, round(median(dwell_seconds), 3) median_s from stages group by 1 order by 3 desc"\n` +
        `  npx quadro metrics ${board} --port 9464`,
    );
  } finally {
    await analysis.close();
  }
}

async function run(options: Options): Promise<void> {
  // First, so that a package that is missing is known before anything is written.
  const otel = await loadOtel();
  const folder = options.out ?? newFolderName();
  await mkdir(folder, { recursive: true });
  const url = options.db ?? join(folder, 'newsroom.db');
  const board = await openBoard({
    backend: backendOf(url),
    lifecycles: [NEWSROOM],
    taskTypes: { article: 'newsroom' },
  });
  try {
    if ((await board.board()).next_sequence_id > 1) {
      throw new ValidationError('invalid_source', `${url} holds a board already: the demo wants a new one`);
    }
    await print(`A newsroom of agents works on ${options.tasks} articles, on the board ${url}.\n`);
    const line = statusLine();
    const sending = sendingOf(otel, board, shellWord(url));
    const signal = interruption();
    await runNewsroom(board, { ...options, signal, onProgress: line.update });
    line.stop();
    if (sending !== null) await print(await sending.stop());
    await finish(otel, board, url, folder);
  } finally {
    await board.close();
  }
}

/** `quadro demo` */
export function demoCommand(): Command {
  return new Command('demo')
    .description('A newsroom of agents on an embedded board, and what its log tells')
    .option('--tasks <n>', 'how many articles', positiveInteger, 120)
    .option('--seconds <s>', 'about how long it shall take', positive, 20)
    .option('--db <url>', 'the board to make: sqlite:FILE or a .db path; default in the folder')
    .option('--out <dir>', 'the folder to write; default a new one here, named by the time')
    .addHelpText('after', '\nExample:\n  quadro demo --tasks 40 --seconds 8 --out demo')
    .action(run);
}
