import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Counter, Registry, register } from 'prom-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { Event } from '../../board/core/records.ts';
import { cycleIds, stageSpanId, taskSpanId, taskTraceId } from '../../board/core/trace-ids.ts';
import { importReference } from '../../board/import/reference.ts';
import { openBoard } from '../../board/index.ts';
import { requestOf } from '../../board/transport/envelope.ts';
import { httpNetwork } from '../../board/transport/http/index.ts';
import {
  type CursorStore,
  type MeasuredBoard,
  type MeasureOptions,
  measureBoard,
  type SavedCursor,
} from '../../exporters/prometheus/index.ts';
import { parseExposition, promtoolFaults, sampleOf } from '../support/exposition.ts';
import { addAgent, liveMemo, memoBoard } from '../support/memo-board.ts';
import type { NewsroomExpected } from '../support/newsroom-expected.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const S = 1_000_000;

async function measured(board: Board, options?: MeasureOptions): Promise<MeasuredBoard> {
  const made = await measureBoard(board, options);
  onTestFinished(() => made.close());
  return made;
}

/** A place that is kept as long as the test. */
function memoryStore(): CursorStore {
  let saved: SavedCursor | null = null;
  return {
    load: async () => saved,
    save: async place => {
      saved = place;
    },
  };
}

describe('a board of this process', () => {
  it('counters, histograms and gauges have the figures of what was done', async context => {
    const { board, clock } = await memoBoard();
    const metrics = await measured(board);
    await addAgent(board, 'ann', ['memo', 'review']);
    await liveMemo(board, clock, 'm1');
    await liveMemo(board, clock, 'm2');
    clock.now += S;
    await board.postTask({ task_type: 'memo', label: 'waits' });
    const enteredAt = clock.now / S;
    clock.now += 100 * S;
    await board.postTask({ task_type: 'memo', label: 'waits too' });
    const { text, contentType } = await metrics.metrics();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(promtoolFaults(text, context)).toBe('');

    const memo = { task_type: 'memo' };
    const posts = { ...memo, from_status: '', to_status: 'UNASSIGNED', edge: 'post' };
    expect(sampleOf(text, 'quadro_task_transitions_total', posts)).toBe(4);
    const finish = { ...memo, from_status: 'IN_PROGRESS', to_status: 'COMPLETE', edge: 'forward' };
    expect(sampleOf(text, 'quadro_task_transitions_total', finish)).toBe(2);
    expect(sampleOf(text, 'quadro_task_duration_seconds_sum', { ...memo, outcome: 'COMPLETE' })).toBe(18);
    expect(sampleOf(text, 'quadro_task_duration_seconds_bucket', { ...memo, le: '5' })).toBe(0);
    expect(sampleOf(text, 'quadro_task_duration_seconds_bucket', { ...memo, le: '15' })).toBe(2);
    const work = { ...memo, status: 'IN_PROGRESS', stage_kind: 'active' };
    expect(sampleOf(text, 'quadro_task_stage_duration_seconds_sum', work)).toBe(14);
    expect(sampleOf(text, 'quadro_task_stage_duration_seconds_count', work)).toBe(2);
    expect(sampleOf(text, 'quadro_heartbeat_interval_seconds_sum', memo)).toBe(6);
    expect(sampleOf(text, 'quadro_tasks', { ...memo, status: 'UNASSIGNED', stage_kind: 'wait' })).toBe(2);
    expect(sampleOf(text, 'quadro_tasks', work)).toBe(0);
    const oldest = 'quadro_task_oldest_entered_timestamp_seconds';
    expect(sampleOf(text, oldest, { ...memo, status: 'UNASSIGNED' })).toBe(enteredAt);
    expect(sampleOf(text, oldest, { ...memo, status: 'IN_PROGRESS' })).toBeUndefined();
    expect(sampleOf(text, 'quadro_agents', { status: 'IDLE', capability: 'review' })).toBe(1);
    expect(sampleOf(text, 'quadro_agents', { status: 'BUSY', capability: 'review' })).toBe(0);
    expect(sampleOf(text, 'quadro_exporter_cursor_sequence', { signal: 'metrics' })).toBe(10);
    expect(sampleOf(text, 'quadro_exporter_lag_events', { signal: 'metrics' })).toBe(0);
  });

  it('the oldest of a status changes as it leaves, and ends with the last', async () => {
    const { board, clock } = await memoBoard();
    const metrics = await measured(board);
    const oldest = async (): Promise<number | undefined> =>
      sampleOf((await metrics.metrics()).text, 'quadro_task_oldest_entered_timestamp_seconds', {
        status: 'UNASSIGNED',
      });
    const post = async (task_id: string): Promise<number> => {
      clock.now += S;
      await board.postTask({ task_type: 'memo', label: task_id, task_id });
      return clock.now / S;
    };
    const [first, second] = [await post('a'), await post('b')];
    expect(await oldest()).toBe(first);
    await board.updateTask({ task_id: 'a', to_status: 'HUMAN_REVIEW' });
    expect(await oldest()).toBe(second);
    await board.updateTask({ task_id: 'b', to_status: 'HUMAN_REVIEW' });
    expect(await oldest()).toBeUndefined();
    expect(await oldest()).toBeUndefined();
    const third = await post('c');
    expect(await oldest()).toBe(third);
  });

  it('how it commits and refuses', async () => {
    const { board } = await memoBoard();
    const metrics = await measured(board);
    await Promise.all(Array.from({ length: 5 }, (_, n) => board.postTask({ task_type: 'memo', label: `${n}` })));
    await expect(board.updateTask({ task_id: 'nobody', to_status: 'COMPLETE' })).rejects.toThrow();
    const { text } = await metrics.metrics();
    expect(sampleOf(text, 'quadro_board_commit_batch_size_sum', { backend: 'sqlite' })).toBe(6);
    expect(sampleOf(text, 'quadro_board_commit_duration_seconds_sum', { backend: 'sqlite' })).toBeGreaterThan(0);
    expect(sampleOf(text, 'quadro_board_queue_depth', { backend: 'sqlite' })).toBe(0);
    const refusal = { intent: 'board.update_task', error_code: 'task_not_found' };
    expect(sampleOf(text, 'quadro_board_refusals_total', refusal)).toBe(1);
  });

  it('Chief cycles, its state and Ombudsman ticks', async context => {
    const { board } = await memoBoard();
    const metrics = await measured(board);
    const cycle = {
      cycle_id: 'c1',
      chief_id: 'chief',
      trigger: 'worker' as const,
      woke_at: 100 * S,
      slept_at: 100.5 * S,
      previous_slept_at: 90 * S,
      seen_sequence_id: 0,
      thinking_us: 1,
      acting_us: 2,
      actions_taken: 0,
      coalesced_wakes: 1,
      ...NO_DEPTHS,
      draining: false,
      error: null,
    };
    await board.call('board.record_cycle', cycle);
    await board.call('board.record_cycle', { ...cycle, cycle_id: 'c2', woke_at: 101 * S, slept_at: 101.5 * S });
    const tick = { tick_id: 'k1', started_at: 5 * S, ended_at: 5.5 * S, statuses_scanned: ['IN_PROGRESS'] };
    await board.call('board.record_tick', { ...tick, tasks_scanned: 3, stale_count: 1, error: null });
    await board.putData('_chief_telemetry', { status: 'thinking' });
    const { text } = await metrics.metrics();
    expect(promtoolFaults(text, context)).toBe('');
    const noop = { trigger: 'worker', result: 'noop' };
    expect(sampleOf(text, 'quadro_chief_cycle_duration_seconds_sum', noop)).toBe(1);
    expect(sampleOf(text, 'quadro_chief_sleep_duration_seconds_count', { woken_by: 'worker' })).toBe(2);
    expect(sampleOf(text, 'quadro_chief_wakes_coalesced_total', { trigger: 'worker' })).toBe(2);
    expect(sampleOf(text, 'quadro_chief_consecutive_noops')).toBe(2);
    expect(sampleOf(text, 'quadro_chief_last_wake_timestamp_seconds')).toBe(101);
    expect(sampleOf(text, 'quadro_dispatch_failure_seconds_total')).toBe(0);
    expect(sampleOf(text, 'quadro_chief_state', { state: 'thinking' })).toBe(1);
    expect(sampleOf(text, 'quadro_chief_state', { state: 'sleeping' })).toBe(0);
    await board.putData('_chief_telemetry:ads', { status: 'sleeping' });
    const { text: several } = await metrics.metrics();
    expect(sampleOf(several, 'quadro_chief_state', { state: 'thinking' })).toBe(1);
    expect(sampleOf(several, 'quadro_chief_state', { state: 'sleeping' })).toBe(1);
    expect(sampleOf(text, 'quadro_ombudsman_tick_duration_seconds_sum', { result: 'found' })).toBe(0.5);
    expect(sampleOf(text, 'quadro_ombudsman_last_tick_timestamp_seconds')).toBe(5.5);
  });

  it('one that is only read has no commits to measure', async () => {
    const file = join(tempDir(), 'board.db');
    await memoBoard({ backend: sqlite({ file }) });
    const reader = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
    onTestFinished(() => reader.close());
    const { text } = await (await measured(reader)).metrics();
    const names = parseExposition(text).map(({ name }) => name);
    expect(names.filter(name => name.startsWith('quadro_board_'))).toEqual([]);
    expect(names).toContain('quadro_exporter_lag_events');
  });

  it('stops watching when it is closed, and the board goes on', async () => {
    const { board } = await memoBoard();
    const metrics = await measured(board);
    await metrics.close();
    await board.postTask({ task_type: 'memo', label: 'after' });
    await expect(metrics.metrics()).rejects.toMatchObject({ code: 'closed' });
    await expect(metrics.catchUp()).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('formats', () => {
  it('OpenMetrics has an exemplar for every duration, with ids of the log and its time', async () => {
    const { board, clock } = await memoBoard();
    const metrics = await measured(board);
    await addAgent(board, 'ann', ['memo']);
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await board.postTask({
      task_type: 'letter',
      label: 'x',
      task_id: 'p1',
      traceparent: parent,
      trace_relation: 'parent',
    });
    await liveMemo(board, clock, 'm1');
    await board.updateTask({ task_id: 'p1', to_status: 'IN_PROGRESS' });
    const { contentType, text } = await metrics.metrics(OPEN_METRICS);
    expect(contentType).toMatch(/^application\/openmetrics-text/);
    expect(text.endsWith('# EOF\n')).toBe(true);
    const exemplarsOf = (name: string, task_type: string): (string | null)[] =>
      parseExposition(text)
        .filter(sample => sample.name === `${name}_bucket` && sample.labels.task_type === task_type)
        .flatMap(({ exemplar }) => (exemplar === null ? [] : [exemplar]));
    const uid = board.boardUid;
    const trace = taskTraceId(uid, 'm1');
    const at = clock.now / S;
    expect(exemplarsOf('quadro_task_duration_seconds', 'memo')).toEqual([
      `{trace_id="${trace}",span_id="${taskSpanId(uid, 'm1')}"} 9 ${at}`,
    ]);
    expect(exemplarsOf('quadro_task_stage_duration_seconds', 'memo')).toEqual([
      `{trace_id="${trace}",span_id="${stageSpanId(uid, 2)}"} 2 ${at - 7}`,
      `{trace_id="${trace}",span_id="${stageSpanId(uid, 3)}"} 7 ${at}`,
    ]);
    expect(exemplarsOf('quadro_heartbeat_interval_seconds', 'memo')).toEqual([
      `{trace_id="${trace}",span_id="${stageSpanId(uid, 3)}"} 3 ${at - 4}`,
    ]);
    // The caller's trace where the post said so.
    expect(exemplarsOf('quadro_task_stage_duration_seconds', 'letter')[0]).toContain(
      'trace_id="0af7651916cd43dd8448eb211c80319c"',
    );
    expect(cycleIds(uid, 'c').traceId).not.toBe(trace);
  });

  it('are rendered one at a time, in any order, without renaming anything', async context => {
    const { board, clock } = await memoBoard();
    const registry = new Registry();
    const own = new Counter({ name: 'jobs_total', help: 'of somebody else', registers: [registry] });
    own.inc(3);
    const metrics = await measured(board, { registry });
    await addAgent(board, 'ann', ['memo']);
    await liveMemo(board, clock, 'm1');
    const accepts = [OPEN_METRICS, 'text/plain', OPEN_METRICS, '*/*', OPEN_METRICS, ''];
    const all = await Promise.all(accepts.map(accept => metrics.metrics(accept)));
    const [open, plain] = all;
    for (const [index, { text }] of all.entries()) expect(text).toBe((index % 2 === 0 ? open : plain)?.text);
    expect(plain?.text).toContain('# TYPE quadro_task_transitions_total counter\n');
    expect(plain?.text).toContain('# TYPE jobs_total counter\njobs_total 3\n');
    expect(open?.text).toContain('# TYPE quadro_task_transitions counter\nquadro_task_transitions_total{');
    expect(open?.text).toContain('# TYPE jobs counter\njobs_total 3\n');
    expect(promtoolFaults(plain?.text ?? '', context)).toBe('');
    expect(register.getMetricsAsArray()).toEqual([]);
    // Two boards in one registry could not be told apart.
    await expect(measureBoard(board, { registry })).rejects.toThrow(/already has quadro_task_transitions_total/);
    await metrics.close();
    expect(registry.getMetricsAsArray()).toEqual([own]);
  });

  it('hostile types, statuses and capabilities cannot break a line', async context => {
    const { board } = await memoBoard();
    const metrics = await measured(board);
    const evil = ['a"} 1\nquadro_evil 1', '\\', '{x="y"}', 'é\u2028日本', '__proto__', '🦊'.repeat(40)];
    for (const type of evil) await board.postTask({ task_type: type, label: type });
    await addAgent(board, 'ann', evil);
    const { text } = await metrics.metrics();
    expect(promtoolFaults(text, context)).toBe('');
    const samples = parseExposition(text);
    expect(samples.filter(sample => sample.name === 'quadro_evil')).toEqual([]);
    const types = samples.filter(sample => sample.name === 'quadro_tasks').map(({ labels }) => labels.task_type);
    expect(types).toHaveLength(evil.length);
    expect(types).toContain('a"} 1 quadro_evil 1');
    expect(types).toContain('{x="y"}');
    expect(types).toContain('\\');
  });

  it('an exporter of this process can report', async () => {
    const { board } = await memoBoard();
    const metrics = await measured(board);
    const traces = metrics.exporterMeter('traces');
    traces.spans('sent', 40);
    traces.spans('sent', 2);
    traces.position(17, 3);
    const { text } = await metrics.metrics();
    expect(sampleOf(text, 'quadro_exporter_spans_total', { signal: 'traces', result: 'sent' })).toBe(42);
    expect(sampleOf(text, 'quadro_exporter_cursor_sequence', { signal: 'traces' })).toBe(17);
    expect(sampleOf(text, 'quadro_exporter_lag_events', { signal: 'traces' })).toBe(3);
  });

  it('the circuits of a network are shown as they are at the scrape', async () => {
    const { board } = await memoBoard();
    const network = httpNetwork({ circuitFailures: 1, circuitPauseMs: 60_000, patienceMs: 0 });
    onTestFinished(() => network.close());
    const { url } = await network.listen();
    const agents = [`${url}/ada`, 'http://127.0.0.1:1/bob'] as const;
    const metrics = await measured(board, { circuits: () => network.stats() });
    const states = async () => {
      const { text } = await metrics.metrics();
      return agents.map(agent => sampleOf(text, 'quadro_agent_circuit_state', { url: agent }));
    };
    expect(await states()).toEqual([undefined, undefined]);
    const envelope = requestOf('chief.wake', {}, { at: 0 });
    for (const agent of agents) await network.request(agent, envelope).catch(() => undefined);
    expect(await states()).toEqual([0, 1]);
  });

  it('an exporter that is held up cannot report, and its lag grows all the same', async () => {
    const { board } = await memoBoard();
    const metrics = await measured(board);
    const traces = metrics.exporterMeter('traces');
    const lag = async () =>
      sampleOf((await metrics.metrics()).text, 'quadro_exporter_lag_events', { signal: 'traces' });
    await board.postTask({ task_type: 'memo', label: 'x' });
    traces.position(1, 0);
    expect(await lag()).toBe(0);
    for (const label of ['y', 'z']) await board.postTask({ task_type: 'memo', label });
    expect(await lag()).toBe(2);
    traces.position(3, 0);
    expect(await lag()).toBe(0);
  });
});

describe('the newsroom of the reference implementation', () => {
  it('has the figures that another program computed', async context => {
    const file = requireShared('data/newsroom.db', context);
    const expectedFile = requireShared('data/expected/newsroom.json', context);
    const expected = JSON.parse(readFileSync(expectedFile, 'utf8')) as NewsroomExpected;
    const backend = sqlite({ file: join(tempDir(), 'newsroom.db') });
    await importReference(file, { into: backend });
    const board = await openBoard({ backend, readOnly: true });
    onTestFinished(() => board.close());
    const { text } = await (await measured(board)).metrics();
    expect(promtoolFaults(text, context)).toBe('');
    const samples = parseExposition(text);
    const sumOf = (name: string, labels: Record<string, string>): number =>
      samples
        .filter(
          each => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
        )
        .reduce((sum, each) => sum + each.value, 0);
    for (const { from_status, to_status, count } of expected.edges) {
      expect(sumOf('quadro_task_transitions_total', { from_status, to_status })).toBe(count);
    }
    for (const [status, { count, mean }] of Object.entries(expected.dwell_seconds_by_status)) {
      const name = 'quadro_task_stage_duration_seconds';
      expect([status, sumOf(`${name}_count`, { status })]).toEqual([status, count]);
      // The expected mean has six digits.
      expect(Math.abs(sumOf(`${name}_sum`, { status }) / count - mean)).toBeLessThanOrEqual(0.000_000_6);
    }
    const { count, mean } = expected.elapsed_seconds;
    expect(sumOf('quadro_task_duration_seconds_count', {})).toBe(count);
    expect(Math.abs(sumOf('quadro_task_duration_seconds_sum', {}) / count - mean)).toBeLessThanOrEqual(0.000_000_6);
    expect(sumOf('quadro_heartbeat_interval_seconds_count', {})).toBe(675);
  });
});

/** The same figures by a second way: a plain walk over all rows. */
function walked(events: readonly Event[]): { transitions: number; stages: number; dwell: number; finished: number } {
  const at = new Map<string, number>();
  const result = { transitions: 0, stages: 0, dwell: 0, finished: 0 };
  for (const { task_id, edge, timestamp, finished_sequence_id, sequence_id } of events) {
    if (edge === null) continue;
    const entered = at.get(task_id);
    if (entered !== undefined) {
      result.stages += 1;
      result.dwell += timestamp - entered;
    }
    at.set(task_id, timestamp);
    result.transitions += 1;
    if (finished_sequence_id === sequence_id) result.finished += 1;
  }
  return result;
}

describe('a log of many pages', () => {
  it('every row counts once, and equals a walk over the rows', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    for (let n = 0; n < 700; n++) {
      clock.now += (n * 7919) % 1_000_003;
      await liveMemo(board, clock, `t${n}`);
    }
    const rows = await board.events(0, 10_000);
    expect(rows).toHaveLength(2800);
    const { text } = await (await measured(board)).metrics();
    const sumOf = (name: string): number =>
      parseExposition(text).reduce((sum, each) => (each.name === name ? sum + each.value : sum), 0);
    const figures = walked(rows);
    expect(sumOf('quadro_task_transitions_total')).toBe(figures.transitions);
    expect(sumOf('quadro_task_stage_duration_seconds_count')).toBe(figures.stages);
    expect(Math.round(sumOf('quadro_task_stage_duration_seconds_sum') * S)).toBe(figures.dwell);
    expect(sumOf('quadro_task_duration_seconds_count')).toBe(figures.finished);
    expect(sumOf('quadro_task_duration_seconds_sum')).toBe(9 * 700);
  });

  it('a scrape reads for its budget only; the rest is lag, and later scrapes catch up', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    for (let n = 0; n < 600; n++) await liveMemo(board, clock, `t${n}`);
    const metrics = await measured(board, { scrapeBudgetMs: 0 });
    const lags: (number | undefined)[] = [];
    for (let scrape = 0; scrape < 4; scrape++) {
      lags.push(sampleOf((await metrics.metrics()).text, 'quadro_exporter_lag_events'));
    }
    expect(lags).toEqual([1400, 400, 0, 0]);
  });

  it('catching up reads it all, tells how far it is, and stops where it is told to', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    for (let n = 0; n < 600; n++) await liveMemo(board, clock, `t${n}`);
    const metrics = await measured(board, { scrapeBudgetMs: 0 });
    const told: [number, number][] = [];
    const controller = new AbortController();
    const onProgress = (counted: number, left: number): void => {
      told.push([counted, left]);
      if (told.length === 1) controller.abort();
    };
    await metrics.catchUp({ signal: controller.signal, onProgress });
    expect(told).toEqual([[1000, 1400]]);
    await metrics.catchUp({ onProgress });
    expect(told.slice(1)).toEqual([
      [2000, 400],
      [2400, 0],
    ]);
    const { text } = await metrics.metrics();
    expect(sampleOf(text, 'quadro_task_duration_seconds_count')).toBe(600);
  });

  it('tasks that were posted before the measuring began have their whole duration', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    clock.now += S;
    await board.postTask({ task_type: 'memo', label: 'old', task_id: 'old' });
    const cursorStore = memoryStore();
    await (await measureBoard(board, { cursorStore })).metrics();
    clock.now += 50 * S;
    await board.updateTask({ task_id: 'old', to_status: 'HUMAN_REVIEW' });
    const { text } = await (await measured(board, { cursorStore })).metrics();
    expect(sampleOf(text, 'quadro_task_duration_seconds_sum', { outcome: 'HUMAN_REVIEW' })).toBe(50);
  });

  it('a task of a long life costs a scrape no more than its first event', async () => {
    const { board } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    await board.postTask({ task_type: 'memo', label: 'long', task_id: 'long' });
    await board.updateTask({ task_id: 'long', to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    const cursorStore = memoryStore();
    await (await measureBoard(board, { cursorStore })).catchUp();
    await board.postAgentHeartbeat({ agent_id: 'ann', task_id: 'long' });
    await board.postResult({ task_id: 'long', agent_id: 'ann' });
    const history = vi.spyOn(board, 'taskHistory');
    const page = vi.spyOn(board, 'taskEvents');
    const { text } = await (await measured(board, { cursorStore })).metrics(OPEN_METRICS);
    expect(sampleOf(text, 'quadro_task_duration_seconds_count')).toBe(1);
    expect(text).toContain(`trace_id="${taskTraceId(board.boardUid, 'long')}"`);
    expect(history).not.toHaveBeenCalled();
    expect(page.mock.calls).toEqual([['long', 0, 1]]);
  });
});

describe('options', () => {
  it('agents are told apart where that is asked for', async context => {
    const { board, clock } = await memoBoard();
    const metrics = await measured(board, { enabledLabels: ['agent_id'] });
    await addAgent(board, 'ann', ['memo']);
    await addAgent(board, 'bob', ['memo']);
    await liveMemo(board, clock, 'm1');
    await board.postTask({ task_type: 'memo', label: 'waits' });
    const { text } = await metrics.metrics();
    expect(promtoolFaults(text, context)).toBe('');
    const work = { status: 'IN_PROGRESS', agent_id: 'ann' };
    expect(sampleOf(text, 'quadro_task_stage_duration_seconds_sum', work)).toBe(7);
    expect(sampleOf(text, 'quadro_task_stage_duration_seconds_count', { status: 'UNASSIGNED', agent_id: '' })).toBe(1);
    expect(sampleOf(text, 'quadro_heartbeat_interval_seconds_count', { agent_id: 'ann' })).toBe(1);
    expect(sampleOf(text, 'quadro_ombudsman_stale_total', { agent_id: 'ann' })).toBe(0);
    expect(sampleOf(text, 'quadro_agents', { status: 'IDLE', agent_id: 'bob' })).toBe(1);
    expect(sampleOf(text, 'quadro_tasks', { status: 'UNASSIGNED' })).toBe(1);
    expect(sampleOf(text, 'quadro_tasks', { status: 'IN_PROGRESS' })).toBe(0);
  });

  it.each([
    [{ disabledLabels: ['tasktype'] }],
    [{ enabledLabels: ['task_type'] }],
    [{ maxLabelSets: 0 }],
    [{ buckets: { sleep: [3, 2] } }],
    [{ buckets: { task: [1], tasks: [1, 2] } }],
    [{ dispatchGraceSeconds: -1 }],
    [{ dispatchGraceSeconds: Number.NaN }],
  ])('%j is refused', async options => {
    const { board } = await memoBoard();
    await expect(measureBoard(board, options)).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});
