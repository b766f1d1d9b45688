import { once } from 'node:events';
import { messageOf } from '../../board/agents/surroundings.ts';
import type { Board } from '../../board/board.ts';
import type { BoardService } from '../../board/service/board-service.ts';
import { serveBoard } from '../../board/service/serve-board.ts';
import { type HttpNetwork, httpNetwork } from '../../board/transport/http/index.ts';
import { pause } from '../../exporters/feed/pause.ts';
import type { Config } from '../config/config.ts';
import type { ResolvedConfig } from '../config/resolve-config.ts';
import { isInterruption } from '../exit.ts';
import { openServedBoard } from './open-served-board.ts';
import { type OnError, serveAgents } from './serve-agents.ts';
import { serveMetrics } from './serve-metrics.ts';
import { serveSpans } from './serve-spans.ts';
import { serviceOptionsOf } from './service-options-of.ts';
import { type StdoutLog, stdoutLog } from './stdout-log.ts';
import { stopSignals } from './stop-signals.ts';

/** What a stop may take beyond the time that requests and then spans are given. */
const STOP_MARGIN_SECONDS = 10;

/** What a process that serves is made of. */
interface Parts {
  readonly board: Board;
  readonly network: HttpNetwork;
  readonly config: Config;
  readonly log: StdoutLog;
  readonly onError: OnError;
}

/** A part that runs; `close` answers whether everything of it was finished. */
type Close = () => Promise<boolean>;

/** The service and its exporters, and how they stop. */
interface Started {
  readonly service: BoardService;
  readonly closeExporters: readonly Close[];
}

function networkOf({ worker_token }: Config): HttpNetwork {
  return httpNetwork(worker_token === null ? {} : { token: worker_token });
}

async function startService({ board, network, config, log, onError }: Parts): Promise<Started> {
  let service: BoardService | null = null;
  const figures = { stats: () => service?.stats() ?? null, circuits: () => network.stats() };
  const measured = config.metrics
    ? await serveMetrics(board, figures, error => onError('Totals of the metrics are not saved', error))
    : null;
  const { otlp_url } = config;
  const meter = measured?.spansMeter ?? null;
  const spans =
    otlp_url === null ? null : await serveSpans(board, { ...config, otlp_url }, { logger: log.logger, meter });
  service = await serveBoard(board, {
    ...(await serviceOptionsOf(config)),
    logger: log.logger,
    readiness: [measured?.readiness, spans?.readiness].filter(each => each !== undefined),
    ...(measured !== null && { metrics: measured.metrics }),
  });
  const closeMeasured = async (): Promise<boolean> => {
    await measured?.close();
    return true;
  };
  return { service, closeExporters: [...(spans === null ? [] : [spans.close]), closeMeasured] };
}

/** Closes one part; what fails is told, and counts as unfinished. */
async function finished(what: string, close: Close, onError: OnError): Promise<boolean> {
  try {
    const isFinished = await close();
    if (!isFinished) onError(what, new Error('it was not finished in time'));
    return isFinished;
  } catch (error) {
    onError(what, error);
    return false;
  }
}

/** A stop that hangs, on a database that is away, say, ends all the same. */
function endAnyhow({ config, log, onError }: Parts): void {
  const seconds = 2 * config.grace_seconds + STOP_MARGIN_SECONDS;
  setTimeout(() => {
    onError('The stop was cut', new Error(`it took longer than ${seconds} s`));
    log.flush();
    process.exit(1);
  }, seconds * 1000).unref();
}

/** Serves until the signal, then stops in order. @returns whether everything was finished. */
async function serveUntil(signal: AbortSignal, parts: Parts): Promise<boolean> {
  const { board, network, config, onError } = parts;
  const { service, closeExporters } = await startService(parts);
  let closeAgents: Close = async () => true;
  try {
    const agents = await serveAgents(board, network, config, onError);
    closeAgents = async () => {
      await agents?.close();
      return true;
    };
    process.stderr.write(`serving ${service.url}\n`);
    if (!signal.aborted) await once(signal, 'abort');
    service.drain();
    await pause(config.drain_seconds * 1000);
  } catch (error) {
    await service.close(0);
    throw error;
  }
  endAnyhow(parts);
  const closeService: Close = async () => (await service.close()).finished;
  const ends = await Promise.all([
    finished('The service', closeService, onError),
    finished('The agents', closeAgents, onError),
  ]);
  for (const close of closeExporters) ends.push(await finished('An exporter', close, onError));
  return ends.every(Boolean);
}

/**
 * Serves the board of a configuration until Ctrl-C or SIGTERM.
 *
 * @returns whether everything that was under way was finished.
 * @throws QuadroError where it cannot start.
 */
export async function serveConfig(resolved: ResolvedConfig): Promise<boolean> {
  const { config } = resolved;
  const signal = stopSignals();
  const log = await stdoutLog(config.log_level);
  const onError: OnError = (what, error) => log.logger.warn({ log: 'service', error: messageOf(error) }, what);
  try {
    const board = await openServedBoard(resolved, signal);
    const network = networkOf(config);
    try {
      return await serveUntil(signal, { board, network, config, log, onError });
    } finally {
      await network.close();
      await board.close();
    }
  } catch (error) {
    // Told to stop while it waited for its database: nothing was under way.
    if (isInterruption(error)) return true;
    throw error;
  } finally {
    log.flush();
  }
}
