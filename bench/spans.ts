/**
 * `npm run bench:spans`: what the trace contract costs. A log of a million events is replayed to a receiver in another process,
 * in turn with the stock exporter sending ready-made spans; and a board is offered 5,000 transitions a second with its spans off,
 * sent by a thread of its process, sent so to a receiver that fails at every second request, sent by a process of its own, and
 * made live by OpenTelemetry's SDK; attached and live also with as many transitions as the board takes, since at a load that both
 * can carry they are equal.
 *
 * `QUADRO_BENCH_QUICK=1` only shows that everything runs; `QUADRO_BENCH_ROUNDS` says how often it is measured (5).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionOf } from './backends/version-of.ts';
import { Figures, printBench, quantile } from './harness.ts';
import type { Mode } from './spans/board-process.ts';
import { type Child, startChild } from './spans/child.ts';
import { fillLog } from './spans/fill-log.ts';
import { measureLoad } from './spans/measure-load.ts';
import type { Replayed } from './spans/replay-process.ts';

const isQuick = process.env.QUADRO_BENCH_QUICK === '1';
const { QUADRO_BENCH_ROUNDS: rounds = '5' } = process.env;
const ROUNDS = isQuick ? 1 : Number(rounds);
const [SMALL, LARGE] = isQuick ? [10_000, 50_000] : [100_000, 1_000_000];
const LOAD = { perSecond: 5_000, seconds: isQuick ? 2 : 10, warmUpSeconds: isQuick ? 1 : 3 };
const MODES: readonly Mode[] = ['off', 'attached', 'failing', 'sidecar', 'live'];

const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

/** The one answer of a process that runs once. */
async function runChild<Answer>(module: string, job: object): Promise<Answer> {
  const child = startChild(module, job);
  try {
    return (await child.heard()) as Answer;
  } finally {
    await child.end();
  }
}

interface Logs {
  readonly small: string;
  readonly large: string;
}

/** A log of a million events, and ready-made spans of it, to one receiver. */
async function measurePair(file: string, receiver: Child, url: string): Promise<{ replay: Replayed; raw: Replayed }> {
  const before = Number(await receiver.asked('count'));
  const replay = await runChild<Replayed>('./replay-process.ts', { file, url });
  const arrived = Number(await receiver.asked('count')) - before;
  if (arrived !== replay.spans) throw new Error(`${arrived} spans arrived of ${replay.spans} that were sent`);
  return { replay, raw: await runChild<Replayed>('./raw-process.ts', { file, url, spans: replay.spans }) };
}

/** To a receiver that decodes what it takes, as a collector does, and to one that hardly looks at it. */
async function measureReplay(logs: Logs, figures: Figures): Promise<void> {
  for (const [suffix, isSkimming] of [
    ['', false],
    ['_skimmed', true],
  ] as const) {
    const receiver = startChild('./receiver-process.ts', { isSkimming });
    try {
      const url = String(await receiver.heard());
      const { replay, raw } = await measurePair(logs.large, receiver, url);
      figures.add(`replay${suffix}`, 'spans/s', replay.spans / replay.seconds);
      figures.add(`raw_exporter${suffix}`, 'spans/s', raw.spans / raw.seconds);
      if (isSkimming) continue;
      const small = await runChild<Replayed>('./replay-process.ts', { file: logs.small, url });
      figures.add('replay_peak_small', 'MiB', small.peakMib);
      figures.add('replay_peak_large', 'MiB', replay.peakMib);
    } finally {
      await receiver.end();
    }
  }
}

async function measureBoard(figures: Figures): Promise<void> {
  for (const mode of MODES) {
    const { perSecond, latencies, lagSeconds } = await measureLoad(mode, LOAD);
    figures.add(`board_${mode}`, 'transitions/s', perSecond);
    figures.add(`board_${mode}_p50`, 'ms', quantile(latencies, 0.5));
    figures.add(`board_${mode}_p99`, 'ms', quantile(latencies, 0.99));
    if (mode !== 'off') figures.add(`board_${mode}_lag`, 's', lagSeconds);
  }
  for (const mode of ['attached', 'live'] as const) {
    const { perSecond } = await measureLoad(mode, { ...LOAD, perSecond: 'saturating' });
    figures.add(`saturated_${mode}`, 'transitions/s', perSecond);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'quadro-bench-spans-'));
try {
  const figures = new Figures();
  const logs = { small: join(folder, 'small.db'), large: join(folder, 'large.db') };
  progress(`making logs of ${SMALL.toLocaleString('en')} and ${LARGE.toLocaleString('en')} events`);
  await fillLog(logs.small, SMALL);
  await fillLog(logs.large, LARGE);
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`replay, round ${round} of ${ROUNDS}`);
    await measureReplay(logs, figures);
  }
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`board, round ${round} of ${ROUNDS}`);
    await measureBoard(figures);
  }
  printBench(
    'spans',
    { '@opentelemetry/exporter-trace-otlp-http': versionOf('@opentelemetry/exporter-trace-otlp-http') },
    figures,
    {
      replay_to_raw_exporter: { value: figures.ratio('replay', 'raw_exporter'), aim: '≥ 0.6' },
      replay_to_raw_exporter_skimmed: { value: figures.ratio('replay_skimmed', 'raw_exporter_skimmed'), aim: '–' },
      rss_1m_to_100k: { value: figures.ratio('replay_peak_large', 'replay_peak_small'), aim: '≤ 1.3' },
      board_p99_attached_to_off: { value: figures.ratio('board_attached_p99', 'board_off_p99'), aim: '≤ 1.15' },
      board_p99_failing_to_off: { value: figures.ratio('board_failing_p99', 'board_off_p99'), aim: '≤ 1.15' },
      board_attached_to_off: { value: figures.ratio('board_attached', 'board_off'), aim: '≥ 0.9' },
      board_sidecar_to_off: { value: figures.ratio('board_sidecar', 'board_off'), aim: '≥ 0.9' },
      attached_to_live_spans: { value: figures.ratio('saturated_attached', 'saturated_live'), aim: '≥ 1' },
    },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
