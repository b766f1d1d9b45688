import { expect } from 'vitest';
import { packageVersion } from '../../../board/package-version.ts';
import type { WireSpan } from '../wire-span.ts';
import { type GoldenLog, isStep, type Subjects } from './golden-subjects.ts';
import { causeOf, parentOf, rootOf, stageOf, type Target } from './link-contract.ts';
import { finishOf } from './stage-contract.ts';
import { elapsedOf } from './task-contract.ts';

/** What a rule is checked against. */
interface Golden {
  readonly logs: readonly GoldenLog[];
  readonly spans: readonly WireSpan[];
  readonly subjects: Subjects;
}

const SCHEMA = 'https://opentelemetry.io/schemas/1.37.0';
const target = ({ traceId, spanId }: WireSpan): Target => ({ traceId, spanId });
const micros = ({ start, end }: WireSpan): number => Number((end - start) / 1000n);

/** The rules of the contract that are about more than one attribute, by name. */
export const RULES: Readonly<Record<string, (golden: Golden) => void>> = {
  internal: ({ spans }) => {
    // OTLP counts from 1: SPAN_KIND_INTERNAL.
    expect(new Set(spans.map(({ kind }) => kind))).toEqual(new Set([1]));
  },
  no_events: ({ spans }) => {
    expect(new Set(spans.map(({ events }) => events))).toEqual(new Set([0]));
  },
  no_nulls: ({ logs }) => {
    for (const { json } of logs) expect(json).not.toMatch(/"value":(null|\{\})/);
  },
  max_links: ({ spans }) => {
    const [crowded, ...others] = spans.toSorted((a, b) => b.droppedLinks - a.droppedLinks);
    expect([crowded?.links.length, crowded?.droppedLinks]).toEqual([100, 2]);
    expect(others.every(({ droppedLinks, links }) => droppedLinks === 0 && links.length <= 100)).toBe(true);
  },
  scope: ({ spans }) => {
    for (const { scope } of spans) expect(scope).toMatchObject({ name: 'quadro', version: packageVersion() });
  },
  schema_url: ({ spans }) => {
    for (const { scope, resourceSchemaUrl } of spans)
      expect([scope.schemaUrl, resourceSchemaUrl]).toEqual([SCHEMA, SCHEMA]);
  },
  ids: ({ spans, subjects }) => {
    for (const { traceId, spanId } of spans) {
      expect(traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
    }
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    for (const { span, log, closing, entering } of subjects['stage {status}'])
      expect(target(span)).toEqual(stageOf(closing.task_id, entering.sequence_id, log));
    for (const { span, log, finishing } of subjects['task {task_type}'])
      expect(target(span)).toEqual(rootOf(finishing.task_id, log));
    for (const { span, log, row } of subjects['chief cycle'])
      expect(target(span)).toEqual(causeOf('cycle', row.cycle_id, log));
    for (const { span, log, row } of subjects['ombudsman tick'])
      expect(target(span)).toEqual(causeOf('tick', row.tick_id, log));
  },
  closed_once: ({ logs, subjects }) => {
    for (const log of logs) {
      const histories = [...Map.groupBy(log.events, ({ task_id }) => task_id).values()];
      const closing = histories.flatMap(history => history.filter(isStep).slice(1));
      const finishing = histories.flatMap(history => finishOf(history) ?? []);
      const numbers = (rows: readonly { readonly sequence_id: number }[]) =>
        rows.map(({ sequence_id }) => sequence_id).sort((a, b) => a - b);
      const of = <Subject extends { readonly log: GoldenLog }>(all: readonly Subject[]) =>
        all.filter(subject => subject.log === log);
      expect(numbers(of(subjects['stage {status}']).map(each => each.closing))).toEqual(numbers(closing));
      expect(numbers(of(subjects['task {task_type}']).map(each => each.finishing))).toEqual(numbers(finishing));
      expect(numbers(of(subjects['chief cycle']).map(each => each.row))).toEqual(numbers(log.cycles));
      expect(numbers(of(subjects['ombudsman tick']).map(each => each.row))).toEqual(numbers(log.ticks));
    }
  },
  parent_of_stages: ({ subjects }) => {
    for (const { span, log, closing } of subjects['stage {status}']) {
      const root = rootOf(closing.task_id, log);
      expect([span.traceId, span.parentSpanId]).toEqual([root.traceId, root.spanId]);
    }
    for (const subject of subjects['task {task_type}']) expect(subject.span.parentSpanId).toBe(parentOf(subject));
    const causes = [...subjects['chief cycle'], ...subjects['ombudsman tick']];
    expect(new Set(causes.map(({ span }) => span.parentSpanId))).toEqual(new Set(['']));
  },
  after_the_end: ({ subjects }) => {
    const roots = new Map(subjects['task {task_type}'].map(({ span }) => [span.spanId, span]));
    const after = subjects['stage {status}'].filter(({ span }) => 'quadro.after_terminal' in span.attributes);
    expect(after.length).toBeGreaterThan(0);
    for (const { span } of after) expect(span.end).toBeGreaterThan(roots.get(span.parentSpanId)?.end ?? span.end);
  },
  times_add_up: ({ subjects }) => {
    const whole = subjects['task {task_type}'].filter(subject => elapsedOf(subject) >= 0);
    for (const { span } of whole) {
      const parts = ['wait', 'active', 'lost', 'blocked'].map(part => span.attributes[`quadro.${part}_seconds`]?.value);
      expect(parts.reduce((sum: number, part) => sum + Math.round(Number(part) * 1e6), 0)).toBe(micros(span));
    }
    expect(whole.length).toBe(subjects['task {task_type}'].length - 1);
  },
  clamped: ({ logs, subjects }) => {
    const given = timesGiven(subjects);
    for (const { span, from, to } of given) {
      expect(Number(span.start / 1000n)).toBe(from);
      expect(micros(span)).toBe(Math.max(0, to - from));
    }
    const clamped = given.filter(({ from, to }) => to < from).length;
    expect(clamped).toBeGreaterThan(3);
    expect(logs.reduce((sum, log) => sum + log.clamped, 0)).toBe(clamped);
  },
  no_span: ({ logs, subjects, spans }) => {
    const silent = logs.flatMap(({ events }) => events.filter(event => !isStep(event) || event.edge === 'post'));
    expect(new Set(silent.map(({ event_type }) => event_type))).toEqual(new Set(['task_heartbeat', 'task_posted']));
    const closing = new Set(subjects['stage {status}'].map(subject => subject.closing));
    expect(silent.filter(event => closing.has(event))).toEqual([]);
    const named = Object.values(subjects).reduce((sum, { length }) => sum + length, 0);
    expect(named).toBe(spans.length);
  },
};

/** Each span with when it began and ended by the log's rows. */
function timesGiven(subjects: Subjects): { readonly span: WireSpan; readonly from: number; readonly to: number }[] {
  return [
    ...subjects['stage {status}'].map(({ span, entering, closing }) => {
      return { span, from: entering.timestamp, to: closing.timestamp };
    }),
    ...subjects['task {task_type}'].map(({ span, life, finishing }) => {
      return { span, from: life[0]?.timestamp ?? Number.NaN, to: finishing.timestamp };
    }),
    ...subjects['chief cycle'].map(({ span, row }) => ({ span, from: row.woke_at, to: row.slept_at })),
    ...subjects['ombudsman tick'].map(({ span, row }) => ({ span, from: row.started_at, to: row.ended_at })),
  ];
}
