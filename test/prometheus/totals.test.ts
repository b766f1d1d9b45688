import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuadroError } from '../../board/core/errors.ts';
import { labelValueOf, MAX_LABEL_CHARACTERS } from '../../exporters/prometheus/label-values.ts';
import {
  CHIEF_CYCLE_DURATION,
  CHIEF_LAST_WAKE,
  DISPATCH_STRANDED,
  METRICS,
  STAGE_DURATION,
  TASK_TRANSITIONS,
} from '../../exporters/prometheus/names.ts';
import type { Observation } from '../../exporters/prometheus/observation.ts';
import { Totals, type TotalsOptions } from '../../exporters/prometheus/totals.ts';

const LOG_METRICS = METRICS.filter(spec => spec.origin === 'log');

const transition = (task_type: string, by = 1): Observation => ({
  kind: 'count',
  metric: TASK_TRANSITIONS,
  labels: [task_type, 'a', 'b', 'forward'],
  by,
});

const dwell = (value: number, status = 's', agent = ''): Observation => ({
  kind: 'observe',
  metric: STAGE_DURATION,
  labels: ['t', status, 'wait', agent],
  value,
});

function counts(totals: Totals, metric = STAGE_DURATION): number[][] {
  return Array.from(totals.family(metric).series, series => [...series.counts]);
}

describe('buckets', () => {
  it('a value on a bound belongs to it; one above all bounds to the last', () => {
    const totals = new Totals(LOG_METRICS, { buckets: { task: [0.5, 1] } });
    for (const value of [0, 500_000, 500_001, 1_000_000, 1_000_001]) totals.apply(dwell(value));
    expect(counts(totals)).toEqual([[2, 2, 1]]);
    expect([...totals.family(STAGE_DURATION).series][0]?.value).toBe(3_000_002);
  });

  it.each([[[]], [[1, 1]], [[2, 1]], [[0, 1]], [[Number.NaN]], [[1, Number.POSITIVE_INFINITY]]])(
    'refuses the ladder %j',
    task => {
      expect(() => new Totals(LOG_METRICS, { buckets: { task } })).toThrow(QuadroError);
    },
  );
});

describe('labels', () => {
  it('beyond the cap open labels become _other, and nothing is lost', () => {
    const totals = new Totals(LOG_METRICS, { maxLabelSets: 2 });
    for (const type of ['a', 'b', 'c', 'd', 'a']) totals.apply(transition(type));
    const shown = Array.from(totals.family(TASK_TRANSITIONS).series, ({ labels, value }) => [
      labels.task_type,
      labels.edge,
      value,
    ]);
    expect(shown).toEqual([
      ['a', 'forward', 2],
      ['b', 'forward', 1],
      ['_other', 'forward', 2],
    ]);
  });

  it('agents are told apart where that is asked for, in half of the label sets: they crowd out no status', () => {
    const shown = (options: TotalsOptions): string[] => {
      const totals = new Totals(LOG_METRICS, options);
      for (const agent of ['ann', 'bob', 'cid', 'dan']) totals.apply(dwell(1, 'writing', agent));
      for (const status of ['reviewing', 'printing', 'sending']) totals.apply(dwell(1, status, 'ann'));
      const { series } = totals.family(STAGE_DURATION);
      return Array.from(series, ({ labels: { status, agent_id }, counts: [n] }) => [status, agent_id, n].join(' '));
    };
    expect(shown({})).toEqual(['writing  4', 'reviewing  1', 'printing  1', 'sending  1']);
    expect(shown({ enabledLabels: ['agent_id'], disabledLabels: ['agent_id'] })).toEqual(shown({}));
    expect(shown({ enabledLabels: ['agent_id'], maxLabelSets: 4 })).toEqual([
      'writing ann 1',
      'writing bob 1',
      'writing _other 2',
      'reviewing _other 1',
      '_other _other 2',
    ]);
  });

  it('a disabled label is left out and its series are added up', () => {
    const totals = new Totals(LOG_METRICS, { disabledLabels: ['task_type'] });
    totals.apply(transition('a'));
    totals.apply(transition('b', 4));
    const [series, ...more] = totals.family(TASK_TRANSITIONS).series;
    expect(more).toEqual([]);
    expect(series?.value).toBe(5);
    expect(series?.labels).toEqual({ from_status: 'a', to_status: 'b', edge: 'forward' });
  });

  it('any text becomes a well-formed value without control characters, and not too long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), text => {
        const value = labelValueOf(text);
        expect(value.isWellFormed()).toBe(true);
        expect(value.length).toBeLessThanOrEqual(MAX_LABEL_CHARACTERS);
        expect([...value].every(each => each >= ' ' && each !== '\x7f')).toBe(true);
      }),
    );
    expect(labelValueOf('say "hi" \\ 日本')).toBe('say "hi" \\ 日本');
  });

  it('label values that only together look alike stay apart', () => {
    const totals = new Totals(LOG_METRICS);
    totals.apply({ ...transition(''), labels: ['a\0b', 'c', 'd', 'e'] } as Observation);
    totals.apply({ ...transition(''), labels: ['a', 'b\0c', 'd', 'e'] } as Observation);
    expect([...totals.family(TASK_TRANSITIONS).series]).toHaveLength(2);
  });
});

describe('gauges', () => {
  it('zero keeps the series that are not named again', () => {
    const totals = new Totals(METRICS.filter(spec => spec.origin === 'state'));
    const set = (label: string, to: number): Observation => ({
      kind: 'set',
      metric: DISPATCH_STRANDED,
      labels: [label],
      to,
    });
    totals.apply(set('a', 3));
    totals.apply({ kind: 'zero', metric: DISPATCH_STRANDED });
    totals.apply(set('b', 1));
    expect(Array.from(totals.family(DISPATCH_STRANDED).series, each => each.value)).toEqual([0, 1]);
  });
});

const observations: fc.Arbitrary<Observation> = fc.oneof(
  fc.string({ maxLength: 3 }).map(type => transition(type)),
  fc.nat({ max: 10_000_000 }).map(value => dwell(value, String(value % 7), String(value % 5))),
  fc.nat({ max: 5_000_000 }).map(
    (value): Observation => ({
      kind: 'observe',
      metric: CHIEF_CYCLE_DURATION,
      labels: ['worker', value % 2 === 0 ? 'noop' : 'acted'],
      value,
    }),
  ),
  fc.nat().map((to): Observation => ({ kind: 'set', metric: CHIEF_LAST_WAKE, labels: [], to })),
);

describe('saved and restored', () => {
  it('at any point, through JSON: the same totals as without a stop, the cap included', () => {
    fc.assert(
      fc.property(fc.array(observations, { maxLength: 60 }), fc.nat({ max: 60 }), (all, stop) => {
        const options = { maxLabelSets: 6, enabledLabels: ['agent_id'] };
        const through = new Totals(LOG_METRICS, options);
        for (const each of all) through.apply(each);
        const before = new Totals(LOG_METRICS, options);
        for (const each of all.slice(0, stop)) before.apply(each);
        const after = new Totals(LOG_METRICS, options);
        expect(after.restore(JSON.parse(JSON.stringify(before.save())))).toBe(true);
        for (const each of all.slice(stop)) after.apply(each);
        expect(after.save()).toEqual(through.save());
      }),
    );
  });

  it.each([
    ['other buckets', { buckets: { task: [1, 2] } }],
    ['another cap', { maxLabelSets: 7 }],
    ['fewer labels', { disabledLabels: ['edge'] }],
    ['more labels', { enabledLabels: ['agent_id'] }],
    ['another grace', { dispatchGraceSeconds: 2 }],
  ])('are not gone on with under %s', (_what, options) => {
    const former = new Totals(LOG_METRICS);
    former.apply(transition('a'));
    const totals = new Totals(LOG_METRICS, options);
    expect(totals.restore(former.save())).toBe(false);
    expect([...totals.family(TASK_TRANSITIONS).series]).toEqual([]);
  });

  it('are gone on with where an option says what is the default', () => {
    const former = new Totals(LOG_METRICS);
    former.apply(transition('a'));
    const totals = new Totals(LOG_METRICS, { dispatchGraceSeconds: 1, maxLabelSets: 1000, buckets: {} });
    expect(totals.restore(former.save())).toBe(true);
    expect([...totals.family(TASK_TRANSITIONS).series]).toHaveLength(1);
  });

  it.each([[{}], [{ shape: 1 }], [{ families: {} }]])('nor from %j', saved => {
    expect(new Totals(LOG_METRICS).restore(saved)).toBe(false);
  });
});
