import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Board } from '../../board/board.ts';
import { stageSpanId, taskTraceId } from '../../board/core/trace-ids.ts';
import { METRICS, STAGE_DURATION, TASK_TRANSITIONS, TASKS } from '../../exporters/prometheus/names.ts';
import { prometheusMissing, type RunningPrometheus, startPrometheus } from '../support/prometheus-server.ts';
import { type Running, startQuadro } from '../support/run-quadro.ts';
import { openSample, runMemo } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

const KILLS = 3;
const WHOLE_TEST = '[30m]';
/** Task types that would break a line, each as it must arrive. */
const HOSTILE = new Map([
  ['a"} 1\nquadro_evil 1', 'a"} 1 quadro_evil 1'],
  ['\\', '\\'],
  ['\\n', '\\n'],
  ['# EOF', '# EOF'],
  ['é\u2028日本', 'é\u2028日本'],
  ['x'.repeat(200), 'x'.repeat(200)],
]);
const TRANSITIONS = TASK_TRANSITIONS.name;
/** Every name under which something is counted from the log. */
const COUNTED = METRICS.filter(each => each.origin === 'log' && each.type !== 'gauge').flatMap(({ name, type }) =>
  type === 'counter' ? [name] : [`${name}_bucket`, `${name}_sum`, `${name}_count`],
);

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50);
}

/** Starts a sidecar, ready to be scraped. */
async function sidecarOf(file: string, port: string): Promise<{ running: Running; url: string }> {
  const running = startQuadro(['metrics', file, '--port', port]);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  const [, url = ''] = await running.saw(/^serving (\S+)\n/m);
  return { running, url };
}

/** A number that a query gives, 0 where it gives nothing. */
async function numberOf(prometheus: RunningPrometheus, promql: string): Promise<number> {
  const [sample] = await prometheus.query(promql);
  return sample?.value ?? 0;
}

/** What a counter grew by from the first scrape on, as `increase` adds it up, but without its extrapolation. */
async function grownBy(prometheus: RunningPrometheus, counter: string): Promise<number> {
  const series = await prometheus.samples(`${counter}${WHOLE_TEST}`);
  const grown = series.map(({ points }) => {
    const steps = points.map(({ value }, index) => value - (points[index - 1]?.value ?? 0));
    return steps.reduce((sum, step, index) => sum + (step < 0 ? (points[index]?.value ?? 0) : step), 0);
  });
  return grown.reduce((sum, each) => sum + each, 0);
}

/** Writes memos until it is told to stop; answers how to. */
function writing(board: Board): () => Promise<void> {
  let isWriting = true;
  const work = (async () => {
    for (let n = 0; isWriting; n++) {
      await runMemo(board, `t${n}`, 'on and on');
      await sleep(5);
    }
  })();
  return () => {
    isWriting = false;
    return work;
  };
}

it('a Prometheus counts each event once, however often the sidecar is killed while the board is written', async ({
  skip,
}) => {
  const missing = prometheusMissing();
  if (missing !== null) return skip(missing);
  const file = join(tempDir(), 'board.db');
  const board = await openSample(file);
  onTestFinished(() => board.close());
  for (const task_type of HOSTILE.keys()) await board.postTask({ task_type, label: 'hostile' });
  const stopWriting = writing(board);
  onTestFinished(() => stopWriting());
  const since = Date.now() / 1000;
  let { running: sidecar, url } = await sidecarOf(file, '0');
  const prometheus = await startPrometheus({ targets: [{ url }], scrapeInterval: '250ms' });
  onTestFinished(() => prometheus.stop());
  const total = (): Promise<number> => numberOf(prometheus, `sum(${TRANSITIONS})`);

  for (let kill = 0; kill < KILLS; kill++) {
    const before = await total();
    await until(async () => (await total()) > before);
    sidecar.child.kill('SIGKILL');
    await sidecar.ended;
    await until(async () => (await numberOf(prometheus, 'sum(up)')) === 0);
    ({ running: sidecar } = await sidecarOf(file, new URL(url).port));
    await until(async () => (await numberOf(prometheus, 'sum(up)')) === 1);
  }
  await stopWriting();
  const events = await Array.fromAsync(eventsOf(board));
  const transitions = events.filter(each => each.edge !== null);
  await until(async () => (await total()) >= transitions.length);

  expect(await total()).toBe(transitions.length);
  expect(await grownBy(prometheus, TRANSITIONS)).toBe(transitions.length);
  const stages = transitions.filter(each => each.entered_sequence_id !== null).length;
  expect(await numberOf(prometheus, `sum(${STAGE_DURATION.name}_count)`)).toBe(stages);
  expect(await numberOf(prometheus, `sum(${STAGE_DURATION.name}_bucket{le="+Inf"})`)).toBe(stages);
  expect(await numberOf(prometheus, `min_over_time(up${WHOLE_TEST})`)).toBe(0);
  const waiting = await prometheus.query(`${TASKS.name}{status="UNASSIGNED",task_type!="memo"}`);
  expect(waiting.map(({ metric }) => metric.task_type).toSorted()).toEqual([...HOSTILE.values()].toSorted());
  expect(await prometheus.query('quadro_evil')).toEqual([]);
  const counted: number[] = [];
  for (const name of COUNTED) counted.push(await numberOf(prometheus, `count(resets(${name}${WHOLE_TEST}) == 0)`));
  expect(Math.max(...counted)).toBeGreaterThan(20);
  for (const name of COUNTED) expect(await prometheus.query(`resets(${name}${WHOLE_TEST}) != 0`)).toEqual([]);

  const found = await prometheus.queryExemplars(`${STAGE_DURATION.name}_bucket`, since, Date.now() / 1000 + 1);
  const exemplars = found.flatMap(each => each.exemplars.map(({ labels }) => `${labels.trace_id} ${labels.span_id}`));
  const uid = board.boardUid;
  const spans = new Set(
    transitions.map(({ task_id, entered_sequence_id }) => {
      return `${taskTraceId(uid, task_id)} ${stageSpanId(uid, entered_sequence_id ?? 0)}`;
    }),
  );
  expect(exemplars.length).toBeGreaterThan(0);
  expect(exemplars.filter(each => !spans.has(each))).toEqual([]);
});

async function* eventsOf(board: Board) {
  for (let after = 0; ; ) {
    const page = await board.events(after, 1000);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.sequence_id;
  }
}
