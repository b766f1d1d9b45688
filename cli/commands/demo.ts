import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { systemClock } from '../../board/clock.ts';
import { ValidationError } from '../../board/core/errors.ts';
import type { Micros } from '../../board/core/time.ts';
import { openBoard } from '../../board/open-board.ts';
import { loadDrawing } from '../../dashboards/report/drawing.ts';
import { htmlReport } from '../../dashboards/report/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { loadWorkerTracing } from '../demo/load-worker-tracing.ts';
import { NEWSROOM } from '../demo/newsroom.ts';
import { outcomeText } from '../demo/outcome-text.ts';
import { runNewsroom } from '../demo/run-newsroom.ts';
import { hasReceiver, sendBoardSpans, workerSpansText } from '../demo/sending-spans.ts';
import { statusLine } from '../demo/status-line.ts';
import { flightText } from '../flight-text.ts';
import { loadOtel } from '../load-otel.ts';
import { maskedUrl } from '../masked-url.ts';
import { print, shellWord } from '../output.ts';
import { sleepStudyText } from '../report-text/chief-text.ts';
import { bottleneckText } from '../report-text/coordination-text.ts';
import { interruption } from '../signals.ts';
import { BOARD_HELP, backendOf } from '../source.ts';

type Otel = Awaited<ReturnType<typeof loadOtel>>;

/** In the demo's folder, the spans that its workers made. */
const WORKER_SPANS = 'worker-spans.ndjson';

interface Options {
  readonly tasks: number;
  readonly seconds: number;
  readonly db?: string;
  readonly board?: string;
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

async function writeArtifacts({ writeSpans }: Otel, board: Board, folder: string): Promise<void> {
  await exportLog(board, { to: join(folder, 'log') });
  await writeSpans(board, join(folder, 'spans.ndjson'), { withLabel: true });
  const measured = await measureBoard(board, { cursorStore: null, scrapeBudgetMs: Number.POSITIVE_INFINITY });
  await writeFile(join(folder, 'metrics.txt'), (await measured.metrics()).text);
  await measured.close();
}

async function tell(board: Board, analysis: Analysis, folder: string): Promise<string | null> {
  const report = await analysis.report();
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'report.html'), await htmlReport({ report: async () => report }, { title: 'Newsroom' }));
  const [most] = await analysis.sql(
    'select task_id from flight_plans order by revisions desc, elapsed_seconds desc limit 1',
  );
  const taskId = typeof most?.task_id === 'string' ? most.task_id : null;
  if (taskId !== null) {
    const { flight_plan } = await board.flightPlan(taskId);
    await print(`${await outcomeText(analysis)}\nThe most revised article:\n\n${flightText(flight_plan)}`);
  }
  await print(bottleneckText(report));
  await print(sleepStudyText(report));
  return taskId;
}

/** What a demo works on, and how the commands that it ends with name it. */
interface Stage {
  readonly board: Board;
  readonly folder: string;
  readonly source: string;
  readonly isInFolder: boolean;
}

async function finish(otel: Otel, { board, folder, source, isInFolder }: Stage): Promise<void> {
  await writeArtifacts(otel, board, folder);
  const analysis = await openAnalysis(board);
  try {
    const taskId = await tell(board, analysis, folder);
    const here = relative(process.cwd(), folder) || '.';
    const log = isInFolder ? 'the board, its log' : "the board's log";
    await print(
      `\nWritten to ${here}: ${log} as Parquet (log/), its spans (spans.ndjson), its workers' own spans (${WORKER_SPANS}), metrics.txt, report.json, and the report as a page (report.html).\n` +
        'Look further:\n' +
        `  npx quadro flight ${source} ${taskId ?? 'TASK_ID'}\n` +
        `  npx quadro sql ${source} "select status, count(*) visits, round(median(dwell_seconds), 3) median_s from stages group by 1 order by 3 desc"\n` +
        `  npx quadro metrics ${source} --port 9464`,
    );
  } finally {
    await analysis.close();
  }
}

/** Opens a new board; one that is in use is refused before anything of the demo's is registered there. */
async function openNewsroom(url: string, boardId: string, clock: () => Micros): Promise<Board> {
  const backend = await backendOf(url);
  try {
    await backend.open();
    const used = await backend.readBoard(boardId);
    if (used === null || used.next_sequence_id === 1) {
      return await openBoard({ backend, boardId, clock, lifecycles: [NEWSROOM], taskTypes: { article: 'newsroom' } });
    }
    throw new ValidationError(
      'invalid_source',
      `${backend.location} holds a board already: the demo wants a new one; --board NAME makes it beside the others`,
    );
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** Opens the board to be made; where that cannot be, a folder that was made for its files goes again. */
async function openStage(options: Options, clock: () => Micros): Promise<Stage> {
  const { out: folder = newFolderName(), board: name } = options;
  const made = await mkdir(folder, { recursive: true });
  const url = options.db ?? join(folder, 'newsroom.db');
  const board = await openNewsroom(url, name ?? 'default', clock).catch(async error => {
    if (made !== undefined) await rmdir(folder).catch(() => undefined);
    throw error;
  });
  const source = `${shellWord(maskedUrl(url))}${name === undefined ? '' : ` --board ${shellWord(name)}`}`;
  return { board, folder, source, isInFolder: options.db === undefined };
}

async function run(options: Options): Promise<void> {
  // First, so that a package that is missing, or a variable that cannot be read, is known before anything is written.
  await loadDrawing();
  const otel = await loadOtel();
  const { traceWorkers, workerReceiver } = await loadWorkerTracing();
  const receiver = hasReceiver() ? workerReceiver() : null;
  const clock = systemClock();
  const stage = await openStage(options, clock);
  const { board, folder, source } = stage;
  const workers = traceWorkers(join(folder, WORKER_SPANS), receiver, clock);
  try {
    await print(`A newsroom of agents works on ${options.tasks} articles, on the board ${source}.\n`);
    const line = statusLine();
    const sending = receiver === null ? null : sendBoardSpans(otel, board, source);
    const signal = interruption();
    await runNewsroom(board, { ...options, calls: workers.calls, signal, onProgress: line.update });
    line.stop();
    const [ofBoard, ofWorkers] = await Promise.all([sending?.stop(), workers.stop()]);
    if (ofBoard !== undefined) await print(`${ofBoard}\n${workerSpansText(ofWorkers, join(folder, WORKER_SPANS))}\n`);
    await finish(otel, stage);
  } finally {
    // Where it could not write its spans, the run above has said so.
    await workers.stop().catch(() => undefined);
    await board.close();
  }
}

/** `quadro demo` */
export function demoCommand(): Command {
  return new Command('demo')
    .description('A newsroom of agents on a new board, and what its log tells')
    .option('--tasks <n>', 'how many articles', positiveInteger, 120)
    .option('--seconds <s>', 'about how long it shall take', positive, 20)
    .option('--db <url>', `the board to make: ${BOARD_HELP}; default in the folder`)
    .option('--board <name>', 'the name of the board inside that database')
    .option('--out <dir>', 'the folder to write; default a new one here, named by the time')
    .addHelpText('after', '\nExample:\n  quadro demo --tasks 40 --seconds 8 --out demo')
    .action(run);
}
