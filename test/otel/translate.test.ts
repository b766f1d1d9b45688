import { createHash } from 'node:crypto';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import type { Event, Task } from '../../board/core/records.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { type Happening, historyOf } from '../support/rows.ts';
import { allSpans, plain } from './all-spans.ts';
import { arrayLog, cycleRow, tickRow } from './array-log.ts';

const S = 1_000_000;
const TRACE = '0f87c0da0ce2668a8d7ca261d2766481';
const ROOT = '40e8b24d930784d0';

/** A second way to the ids of telemetry.md. */
const idOf = (bytes: number, ...fields: (string | number)[]): string =>
  createHash('sha256')
    .update(Buffer.from(fields.join('\0'), 'utf8'))
    .digest('hex')
    .slice(0, bytes * 2);

/** A post as a board writes it. */
function withPost(history: Event[], payload: Event['payload']): Event[] {
  const [post, ...rest] = history;
  return post === undefined ? [] : [{ ...post, payload: { ...post.payload, ...payload } }, ...rest];
}

/** Stale once, revised once, finished, then taken out by a person. */
const LIFE: Happening[] = [
  { at: 0, to: 'UNASSIGNED', edge: 'post' },
  { at: 10 * S, to: 'IN_PROGRESS', kind: 'active', agent: 'w1', cycle: 'c1' },
  { at: 12 * S },
  { at: 17 * S + 250 },
  { at: 30 * S, to: 'STALE', edge: 'stale', reason: 'stale_heartbeat' },
  { at: 31 * S, to: 'UNASSIGNED', edge: 'reassign' },
  { at: 40 * S, to: 'IN_PROGRESS', kind: 'active', agent: 'w2' },
  { at: 60 * S, to: 'PENDING_REVIEW' },
  { at: 65 * S, to: 'IN_PROGRESS', kind: 'review', agent: 'r1' },
  { at: 70 * S, to: 'REVISION_NEEDED', edge: 'revision' },
  { at: 75 * S, to: 'IN_PROGRESS', kind: 'rework', agent: 'w2' },
  { at: 80 * S, to: 'COMPLETE', kind: 'terminal', finishes: true },
  { at: 100 * S, to: 'HUMAN_REVIEW', kind: 'blocked', edge: 'exit' },
];
const life = withPost(historyOf(LIFE), { task_type: 'article', label: 'An article', priority: 3 });

describe('telemetry.md Ids', () => {
  it('are the first bytes of SHA-256 over fields joined by NUL', () => {
    expect(TRACE).toBe(idOf(16, 'quadro/1', 'trace', 'b1', 't1'));
    expect(ROOT).toBe(idOf(8, 'quadro/1', 'task', 'b1', 't1'));
  });
});

describe('task {task_type}', () => {
  it('is written once, at the first finish, with the summary of the life up to there', async () => {
    const roots = (await allSpans(arrayLog({ events: life }))).filter(span => span.name.startsWith('task '));
    expect(roots.map(plain)).toEqual([
      {
        name: 'task article',
        kind: 0,
        context: { traceId: TRACE, spanId: ROOT, traceFlags: 1 },
        parent: null,
        startTime: [0, 0],
        endTime: [80, 0],
        duration: [80, 0],
        status: { code: 0 },
        attributes: {
          'quadro.task_id': 't1',
          'quadro.task_type': 'article',
          'quadro.priority': 3,
          'quadro.outcome': 'COMPLETE',
          'quadro.revisions': 1,
          'quadro.stale_count': 1,
          'quadro.attempts': 4,
          'quadro.wait_seconds': 30,
          'quadro.active_seconds': 37.00025,
          'quadro.lost_seconds': 12.99975,
          'quadro.blocked_seconds': 0,
          'quadro.flow_efficiency': 37.00025 / 80,
          'quadro.sequence_id': 12,
        },
        links: [],
        droppedLinksCount: 0,
      },
    ]);
  });

  it('tells the label only where asked, as it was when the task finished', async () => {
    const [label] = (await allSpans(arrayLog({ events: life }), { withLabel: true }))
      .filter(span => span.name === 'task article')
      .map(span => span.attributes['quadro.label']);
    expect(label).toBe('An article');
    const renamed = life.map(event =>
      event.sequence_id === 8 || event.sequence_id === 13
        ? { ...event, payload: { ...event.payload, label: `named at ${event.sequence_id}` } }
        : event,
    );
    const spans = await allSpans(arrayLog({ events: renamed }), { withLabel: true });
    expect(spans.find(span => span.name === 'task article')?.attributes['quadro.label']).toBe('named at 8');
  });

  it('of an import takes label and priority from the row', async () => {
    const task = { task_id: 't1', label: 'From the row', priority: 9 } as Task;
    const spans = await allSpans(arrayLog({ events: historyOf(LIFE), tasks: [task] }), { withLabel: true });
    const root = spans.find(span => span.name === 'task article');
    expect(root?.attributes).toMatchObject({ 'quadro.label': 'From the row', 'quadro.priority': 9 });
  });

  it('of a task that is posted into its end has no stage, and no efficiency to tell', async () => {
    const events = historyOf([{ at: 5 * S, to: 'DONE', edge: 'post', kind: 'terminal', finishes: true }]);
    const spans = await allSpans(arrayLog({ events }));
    expect(spans.map(span => span.name)).toEqual(['task article']);
    expect(spans[0]?.attributes).not.toHaveProperty(['quadro.flow_efficiency']);
    expect(spans[0]?.duration).toEqual([0, 0]);
  });
});

describe('a task of an import whose clock went back', () => {
  it('from its post to its finish lasts 0, which its parts could not sum to', async () => {
    const events = historyOf([
      { at: 9 * S, to: 'UNASSIGNED', edge: 'post' },
      { at: 8 * S, to: 'IN_PROGRESS', kind: 'active' },
      { at: 7 * S, to: 'COMPLETE', kind: 'terminal', finishes: true },
    ]);
    const root = (await allSpans(arrayLog({ events }))).find(span => span.name === 'task article');
    expect(root?.duration).toEqual([0, 0]);
    const { attributes = {} } = root ?? {};
    expect(Object.keys(attributes).filter(name => /_seconds|efficiency/.test(name))).toEqual([]);
  });

  it('in between has parts that sum all the same, and no efficiency beyond 1', async () => {
    const events = historyOf([
      { at: 9 * S, to: 'UNASSIGNED', edge: 'post' },
      { at: 5 * S, to: 'IN_PROGRESS', kind: 'active' },
      { at: 20 * S, to: 'COMPLETE', kind: 'terminal', finishes: true },
    ]);
    const root = (await allSpans(arrayLog({ events }))).find(span => span.name === 'task article');
    expect(root?.duration).toEqual([11, 0]);
    expect(root?.attributes).toMatchObject({ 'quadro.wait_seconds': -4, 'quadro.active_seconds': 15 });
    expect(root?.attributes).not.toHaveProperty(['quadro.flow_efficiency']);
  });
});

describe("the caller's context", () => {
  const caller = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
  const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;

  it('is a link by default', async () => {
    const events = withPost(historyOf(LIFE), { traceparent });
    const spans = await allSpans(arrayLog({ events }));
    expect(new Set(spans.map(span => span.spanContext().traceId))).toEqual(new Set([TRACE]));
    const root = spans.find(span => span.name === 'task article');
    expect(root?.parentSpanContext).toBeUndefined();
    expect(root?.links).toEqual([{ context: { ...caller, isRemote: true }, attributes: { 'quadro.link': 'caller' } }]);
  });

  it("as the parent takes the task's spans into the caller's trace, wherever a reader begins", async () => {
    const events = withPost(historyOf(LIFE), { traceparent, trace_relation: 'parent' });
    const spans = await allSpans(arrayLog({ events }), {
      cursor: { events: 6, chief_cycles: 0, ombudsman_ticks: 0 },
    });
    expect(new Set(spans.map(span => span.spanContext().traceId))).toEqual(new Set([caller.traceId]));
    const root = spans.find(span => span.name === 'task article');
    expect(root?.parentSpanContext).toEqual({ ...caller, isRemote: true });
    expect(root?.links).toEqual([]);
    expect(new Set(spans.filter(span => span !== root).map(span => span.parentSpanContext?.spanId))).toEqual(
      new Set([ROOT]),
    );
  });

  it('that is no trace context is ignored', async () => {
    const events = withPost(historyOf(LIFE), { traceparent: `00-${'0'.repeat(32)}-x-01`, trace_relation: 'parent' });
    const root = (await allSpans(arrayLog({ events }))).find(span => span.name === 'task article');
    expect(root?.spanContext().traceId).toBe(TRACE);
    expect(root?.links).toEqual([]);
  });

  it('and parent and origin tasks are links, into the traces those tasks are in', async () => {
    const [grandparent] = withPost(historyOf([{ at: 0, to: 'UNASSIGNED', edge: 'post' }], 'p1'), {
      traceparent,
      trace_relation: 'parent',
    });
    const child = withPost(historyOf(LIFE), { parent_task_id: 'p1', origin_task_id: 't0' });
    const events = [grandparent, ...child].flatMap((event, index) =>
      event === undefined ? [] : [renumbered(event, event.task_id === 't1' ? 1 : index)],
    );
    const root = (await allSpans(arrayLog({ events }))).find(span => span.name === 'task article');
    expect(root?.links).toEqual([
      {
        context: { traceId: caller.traceId, spanId: idOf(8, 'quadro/1', 'task', 'b1', 'p1'), traceFlags: 1 },
        attributes: { 'quadro.link': 'parent_task' },
      },
      {
        context: {
          traceId: idOf(16, 'quadro/1', 'trace', 'b1', 't0'),
          spanId: idOf(8, 'quadro/1', 'task', 'b1', 't0'),
          traceFlags: 1,
        },
        attributes: { 'quadro.link': 'origin_task' },
      },
    ]);
  });
});

/** The same event further on in the log. */
function renumbered(event: Event, by: number): Event {
  const moved = (n: number | null): number | null => (n === null ? null : n + by);
  return {
    ...event,
    sequence_id: event.sequence_id + by,
    entered_sequence_id: moved(event.entered_sequence_id),
    finished_sequence_id: moved(event.finished_sequence_id),
  };
}

describe('what was not known yet when a root was first written', () => {
  it('does not change it: a relative that is posted later', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const child = withPost(historyOf(LIFE), { parent_task_id: 'p1' });
    const [late] = withPost(historyOf([{ at: 200 * S, to: 'UNASSIGNED', edge: 'post' }], 'p1'), {
      traceparent,
      trace_relation: 'parent',
    });
    const alone = await allSpans(arrayLog({ events: child }));
    const beside = await allSpans(
      arrayLog({ events: [...child, ...(late === undefined ? [] : [{ ...late, sequence_id: 14 }])] }),
    );
    expect(beside.map(plain)).toEqual(alone.map(plain));
    expect(alone.find(span => span.name === 'task article')?.links[0]?.context.traceId).toBe(
      idOf(16, 'quadro/1', 'trace', 'b1', 'p1'),
    );
  });

  it('is the same from after a heartbeat that an import has before the post', async () => {
    const [beat, ...rest] = historyOf([{ at: 1 * S }, ...LIFE.map(each => ({ ...each, at: each.at + 5 * S }))]);
    const log = arrayLog({ events: beat === undefined ? [] : [beat, ...rest] });
    const root = (await allSpans(log)).find(span => span.name === 'task article');
    expect(root?.startTime).toEqual([5, 0]);
    const cursor = { events: 2, chief_cycles: 0, ombudsman_ticks: 0 };
    const later = (await allSpans(log, { cursor })).find(span => span.name === 'task article');
    expect(later && plain(later)).toEqual(root && plain(root));
  });
});

describe('stage {status}', () => {
  it('is one child a visit, written when the stage closes, a heartbeat writing none', async () => {
    const spans = await allSpans(arrayLog({ events: life }));
    expect(spans.map(span => `${span.name} ${span.attributes['quadro.visit'] ?? '-'}`)).toEqual([
      'stage UNASSIGNED 1',
      'stage IN_PROGRESS 1',
      'stage STALE 1',
      'stage UNASSIGNED 2',
      'stage IN_PROGRESS 2',
      'stage PENDING_REVIEW 1',
      'stage IN_PROGRESS 3',
      'stage REVISION_NEEDED 1',
      'stage IN_PROGRESS 4',
      'task article -',
      'stage COMPLETE 1',
    ]);
  });

  it('carries what the closing event says of it, and links to the cycle that dispatched it', async () => {
    const [, stage] = await allSpans(arrayLog({ events: life }));
    expect(stage && plain(stage)).toEqual({
      name: 'stage IN_PROGRESS',
      kind: 0,
      context: { traceId: TRACE, spanId: '85201191cda5f084', traceFlags: 1 },
      parent: { traceId: TRACE, spanId: ROOT, traceFlags: 1 },
      startTime: [10, 0],
      endTime: [30, 0],
      duration: [20, 0],
      status: { code: 2 },
      attributes: {
        'quadro.task_id': 't1',
        'quadro.task_type': 'article',
        'quadro.from_status': 'IN_PROGRESS',
        'quadro.to_status': 'STALE',
        'quadro.assigned_to': 'w1',
        'quadro.duration_ms': 20_000,
        'quadro.event_type': 'task_stale',
        'quadro.edge': 'stale',
        'quadro.stage_kind': 'active',
        'quadro.visit': 1,
        'quadro.sequence_id': 5,
        'quadro.heartbeats': 2,
        'quadro.max_heartbeat_gap_ms': 5000.25,
        'error.type': 'stale_heartbeat',
      },
      links: [
        {
          context: {
            traceId: 'd192d4381f187f8ce1f0c0efda3e4996',
            spanId: 'd192d4381f187f8c',
            traceFlags: 1,
          },
          attributes: { 'quadro.link': 'chief_cycle' },
        },
      ],
      droppedLinksCount: 0,
    });
  });

  it('that closes after the finish says so, and stays a child of the root', async () => {
    const last = (await allSpans(arrayLog({ events: life }))).at(-1);
    expect(last?.attributes).toMatchObject({
      'quadro.after_terminal': true,
      'quadro.from_status': 'COMPLETE',
      'quadro.to_status': 'HUMAN_REVIEW',
      'error.type': 'human_review',
    });
    expect(last?.parentSpanContext?.spanId).toBe(ROOT);
    expect(last?.endTime).toEqual([100, 0]);
  });

  it.each([
    ['stale_heartbeat', { to: 'HUMAN_REVIEW', edge: 'exit', reason: 'stale_heartbeat' }],
    ['worker_error', { to: 'HUMAN_REVIEW', edge: 'exit', reason: 'worker_error' }],
    ['human_review', { to: 'HUMAN_REVIEW', edge: 'exit', finishes: true, reason: 'words of a person' }],
    ['human_review', { to: 'HUMAN_REVIEW', edge: 'unlinked', finishes: true }],
    // Of a lifecycle that leads on from there, which a board tells by not finishing the task.
    [undefined, { to: 'HUMAN_REVIEW', edge: 'exit' }],
    [undefined, { to: 'ON_HOLD', edge: 'exit' }],
    [undefined, { to: 'COMPLETE', edge: 'forward' }],
    [undefined, { to: 'REVISION_NEEDED', edge: 'revision' }],
  ] as const)('has error.type %s after %o', async (errorType, closing) => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1, to: 'IN_PROGRESS', kind: 'active' },
      { at: 2, ...closing },
    ]);
    const stage = (await allSpans(arrayLog({ events }))).findLast(span => span.name.startsWith('stage '));
    expect(stage?.attributes['error.type']).toBe(errorType);
    expect(stage?.status).toEqual({ code: errorType === undefined ? 0 : 2 });
  });

  it('of a broken link is named after the event that entered it', async () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1, to: 'writing', kind: 'active' },
      { at: 2, to: 'reviewing', edge: 'unlinked' },
    ]).map(event => (event.sequence_id === 3 ? { ...event, from_status: 'elsewhere' } : event));
    const stage = (await allSpans(arrayLog({ events }), { batchSize: 1 })).at(-1);
    expect(stage?.name).toBe('stage writing');
    expect(stage?.attributes['quadro.from_status']).toBe('writing');
  });

  it('whose clock went back lasts 0, and is counted', async () => {
    const events = historyOf([
      { at: 9 * S, to: 'UNASSIGNED', edge: 'post' },
      { at: 5 * S, to: 'IN_PROGRESS', kind: 'active' },
    ]);
    const [stage] = await allSpans(arrayLog({ events }));
    expect(stage?.startTime).toEqual([9, 0]);
    expect(stage?.endTime).toEqual([9, 0]);
    expect(stage?.attributes['quadro.duration_ms']).toBe(0);
    const exporter = new InMemorySpanExporter();
    const { spans, clamped } = await exportSpans(arrayLog({ events }), { exporter, follow: false });
    expect({ spans, clamped }).toEqual({ spans: 1, clamped: 1 });
  });

  it('keeps times exactly, to the microsecond', async () => {
    const at = 1_790_000_000_123_457;
    const events = historyOf([
      { at, to: 'UNASSIGNED', edge: 'post' },
      { at: at + 1, to: 'IN_PROGRESS', kind: 'active' },
    ]);
    const [stage] = await allSpans(arrayLog({ events }));
    expect(stage?.startTime).toEqual([1_790_000_000, 123_457_000]);
    expect(stage?.duration).toEqual([0, 1000]);
    expect(stage?.attributes['quadro.duration_ms']).toBe(0.001);
  });
});

describe('chief cycle', () => {
  it('is a trace of its own that links to the stages it opened', async () => {
    const cycle = cycleRow({
      actions_taken: 1,
      seen_sequence_id: 1,
      waiting: 4,
      in_flight: 3,
      idle_agents: 2,
      busy_agents: 1,
      coalesced_wakes: 5,
      previous_slept_at: 400_000,
    });
    const spans = await allSpans(arrayLog({ events: life, chief_cycles: [cycle] }));
    const span = spans.find(each => each.name === 'chief cycle');
    expect(span && plain(span)).toEqual({
      name: 'chief cycle',
      kind: 0,
      context: { traceId: 'd192d4381f187f8ce1f0c0efda3e4996', spanId: 'd192d4381f187f8c', traceFlags: 1 },
      parent: null,
      startTime: [1, 0],
      endTime: [1, 250_500_000],
      duration: [0, 250_500_000],
      status: { code: 0 },
      attributes: {
        'quadro.cycle_id': 'c1',
        'quadro.chief_id': 'chief',
        'quadro.trigger': 'worker',
        'quadro.actions_taken': 1,
        'quadro.cycle_duration_ms': 250.5,
        'quadro.result': 'acted',
        'quadro.waiting': 4,
        'quadro.in_flight': 3,
        'quadro.idle_agents': 2,
        'quadro.busy_agents': 1,
        'quadro.coalesced_wakes': 5,
        'quadro.slept_seconds': 0.6,
      },
      links: [
        {
          context: { traceId: TRACE, spanId: '85201191cda5f084', traceFlags: 1 },
          attributes: { 'quadro.link': 'opened_stage' },
        },
      ],
      droppedLinksCount: 0,
    });
  });

  it.each([
    ['acted', { actions_taken: 2 }],
    ['noop', { trigger: 'worker' }],
    ['noop', { trigger: 'board_event' }],
    ['empty', { trigger: 'seed' }],
    ['empty', { trigger: 'ombudsman' }],
    ['error', { error: 'the policy threw' }],
  ] as const)('has result %s of %o', async (result, row) => {
    const [span] = await allSpans(arrayLog({ chief_cycles: [cycleRow(row)] }));
    expect(span?.attributes['quadro.result']).toBe(result);
    expect(span?.attributes).not.toHaveProperty(['quadro.slept_seconds']);
    expect(span?.status).toEqual(result === 'error' ? { code: 2, message: 'the policy threw' } : { code: 0 });
  });

  it.each([
    ['x'.repeat(501), 'x'.repeat(500)],
    [`${'x'.repeat(498)}🧨.`, `${'x'.repeat(498)}🧨`],
    [`${'x'.repeat(499)}🧨.`, 'x'.repeat(499)],
  ])('keeps 500 characters of its error, and no half of one', async (error, message) => {
    const [span] = await allSpans(arrayLog({ chief_cycles: [cycleRow({ error })] }));
    expect(span?.status).toEqual({ code: 2, message });
  });

  it('keeps 100 links and counts the rest', async () => {
    const events = manyTasks(130, 'c1');
    const cycle = cycleRow({ actions_taken: 130, seen_sequence_id: 130 });
    const spans = await allSpans(arrayLog({ events, chief_cycles: [cycle] }));
    const span = spans.find(each => each.name === 'chief cycle');
    expect(span?.links).toHaveLength(100);
    expect(span?.droppedLinksCount).toBe(30);
  });

  it("finds its stages wherever a batch begins and ends, its policy's included", async () => {
    // The policy acted before the read the cycle names as seen; many events came between.
    const events = manyTasks(1300, 'c1');
    const cycle = cycleRow({ actions_taken: 1300, seen_sequence_id: 1500 });
    const log = arrayLog({ events, chief_cycles: [cycle] });
    const [whole, single] = [await allSpans(log), await allSpans(log, { batchSize: 7 })].map(spans =>
      spans.filter(span => span.name === 'chief cycle').map(plain),
    );
    expect(whole).toHaveLength(1);
    expect(whole?.[0]?.droppedLinksCount).toBe(1200);
    expect(single).toEqual(whole);
  });
});

/** Posts of so many tasks, then an assignment of each by a cycle. */
function manyTasks(count: number, cycle: string): Event[] {
  const histories = Array.from({ length: count }, (_, index) =>
    historyOf(
      [
        { at: index, to: 'UNASSIGNED', edge: 'post' },
        { at: count + index, to: 'IN_PROGRESS', kind: 'active', cycle },
      ],
      `m${index}`,
    ),
  );
  return [0, 1].flatMap(step =>
    histories.flatMap((history, index) => {
      const event = history[step];
      if (event === undefined) return [];
      const entered_sequence_id = step === 0 ? null : index + 1;
      return [{ ...event, sequence_id: step * count + index + 1, entered_sequence_id }];
    }),
  );
}

describe('ombudsman tick', () => {
  it('is a trace of its own that links to the stages it found stale', async () => {
    const events = life.map(event => (event.sequence_id === 5 ? { ...event, tick_id: 'o1' } : event));
    const tick = tickRow({ started_at: 30 * S - 2000, ended_at: 30 * S + 1500, stale_count: 1 });
    const spans = await allSpans(arrayLog({ events, ombudsman_ticks: [tick] }));
    const span = spans.find(each => each.name === 'ombudsman tick');
    expect(span && plain(span)).toMatchObject({
      context: { traceId: '382f65d2174121bf8aa0a13514486ecd', spanId: '382f65d2174121bf', traceFlags: 1 },
      parent: null,
      startTime: [29, 998_000_000],
      endTime: [30, 1_500_000],
      status: { code: 0 },
      attributes: {
        'quadro.tick_id': 'o1',
        'quadro.statuses_scanned': ['IN_PROGRESS'],
        'quadro.tasks_scanned': 3,
        'quadro.stale_count': 1,
        'quadro.tick_duration_ms': 3.5,
      },
      links: [
        {
          context: { traceId: TRACE, spanId: '85201191cda5f084', traceFlags: 1 },
          attributes: { 'quadro.link': 'stale_stage' },
        },
      ],
    });
  });

  it('that found nothing has no link', async () => {
    const [span] = await allSpans(arrayLog({ ombudsman_ticks: [tickRow()] }));
    expect(span?.links).toEqual([]);
  });
});

describe('every span', () => {
  it('has the board as its resource, nothing random in it, and the pinned schema', async () => {
    const [span] = await allSpans(arrayLog({ ombudsman_ticks: [tickRow()] }));
    expect(span?.resource.attributes).toEqual({
      'service.name': 'quadro',
      'quadro.board_id': 'default',
      'quadro.board_uid': 'b1',
      'quadro.id_scheme': 'quadro/1',
    });
    expect(span?.instrumentationScope).toEqual({
      name: 'quadro',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
    });
    expect(span?.events).toEqual([]);
    expect(span?.ended).toBe(true);
  });

  it('is the same wherever batches begin and end', async () => {
    const log = arrayLog({
      events: life,
      chief_cycles: [cycleRow({ actions_taken: 1 })],
      ombudsman_ticks: [tickRow({ stale_count: 1 })],
    });
    const inOrder = async (batchSize: number) =>
      (await allSpans(log, { batchSize })).map(span => JSON.stringify(plain(span))).sort();
    const whole = await inOrder(500);
    for (const batchSize of [1, 2, 3, 5]) expect(await inOrder(batchSize)).toEqual(whole);
  });
});
