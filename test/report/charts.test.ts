import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawBars } from '../../dashboards/report/charts/bars.ts';
import { layOut } from '../../dashboards/report/charts/graph-layout.ts';
import { drawHeat, shadesLegend } from '../../dashboards/report/charts/heat.ts';
import { drawLanes } from '../../dashboards/report/charts/lanes.ts';
import { fitted, Pen, textWidth } from '../../dashboards/report/charts/pen.ts';
import { drawMap } from '../../dashboards/report/charts/process-map.ts';
import { drawRanges } from '../../dashboards/report/charts/ranges.ts';
import { durationTicks, logDurationTicks, timeAxis } from '../../dashboards/report/charts/time-axes.ts';
import { type Drawing, loadDrawing } from '../../dashboards/report/drawing.ts';
import type { Markup } from '../../dashboards/report/html.ts';
import { HOSTILE } from './hostile-board.ts';

let drawing: Drawing;
beforeAll(async () => {
  drawing = await loadDrawing();
});

/** The elements of a kind in a chart. */
function elements(
  chart: Markup,
  selector: string,
): { getAttribute(name: string): string | null; textContent: string }[] {
  return [...parseHTML(`<html><body>${chart}</body></html>`).document.querySelectorAll(selector)];
}

const texts = (chart: Markup): string[] => elements(chart, 'text').map(({ textContent }) => textContent);
const numbers = (chart: Markup, selector: string, name: string): number[] =>
  elements(chart, selector).map(each => Number(each.getAttribute(name)));

describe('charts', () => {
  it('stack the parts of a bar to scale, and name it and its figure', () => {
    const part = (value: number) => ({ value, color: 'var(--active)', title: `${value}` });
    const bars = [
      { name: 'one', parts: [part(3), part(1)], figure: '4 s' },
      { name: 'two', parts: [part(2)], figure: '2 s' },
    ];
    const chart = drawBars(new Pen(drawing, 400), bars);
    const [first = 0, second = 0, third = 0] = numbers(chart, 'rect', 'width');
    expect(first / second).toBeCloseTo(3, 0);
    expect(first / third).toBeCloseTo(1.5, 1);
    expect(texts(chart)).toEqual(['one', 'two', '4 s', '2 s']);
  });

  it('put ranges where their values are, on a linear and on a logarithmic axis', () => {
    const range = { name: 'a', low: 1, middle: 10, high: 100, mark: 1_000, color: 'var(--plain)', figure: '10 s' };
    const axis = { label: 'time', domain: [1, 1_000] as const, ticks: [1, 10, 100, 1_000], tickFormat: String };
    for (const isLogarithmic of [true, false]) {
      const chart = drawRanges(new Pen(drawing, 600), [range], { ...axis, isLogarithmic });
      const [dot = 0] = numbers(chart, 'circle', 'cx');
      const ticks = elements(chart, 'text').flatMap(each =>
        each.textContent === '10' ? [each.getAttribute('transform')] : [],
      );
      expect(ticks[0], 'the dot stands over its tick').toContain(`translate(${dot},`);
    }
  });

  it('draw a lane’s stretches in proportion, and none too narrow to be seen', () => {
    const stretch = (from: number, to: number) => ({ from, to, color: 'var(--wait)', title: '' });
    const lanes = [
      { name: 'a task', figure: '100 s', stretches: [stretch(0, 50), stretch(50, 50.001), stretch(50, 100)] },
    ];
    const [long = 0, short = 0, other = 0] = numbers(drawLanes(new Pen(drawing, 600), lanes, 'time'), 'rect', 'width');
    expect(long).toBeCloseTo(other, 0);
    expect(short).toBeGreaterThan(0.5);
  });

  it('shade counts by limits that the legend tells', () => {
    const cells = [1, 4, 9, 25].map((value, column) => ({ column, row: 0, value }));
    const axes = {
      columns: 4,
      rows: 1,
      columnTicks: [],
      columnTick: String,
      columnLabel: '',
      rowTick: String,
      marginLeft: 20,
    };
    const fills = elements(drawHeat(new Pen(drawing, 300), cells, axes), 'rect').map(each => each.getAttribute('fill'));
    expect(fills.slice(1)).toEqual(['var(--heat-1)', 'var(--heat-2)', 'var(--heat-3)', 'var(--heat-5)']);
    expect(shadesLegend(25, 'sleeps')).toEqual(
      ['1', '2 to 4', '5 to 9', '10 to 16', '17 to 25 sleeps'].map((label, index) => ({
        label,
        color: `var(--heat-${index + 1})`,
      })),
    );
    expect(shadesLegend(2, 'sleeps').map(({ label }) => label)).toEqual(['1', '2 sleeps']);
  });

  it('hold no style of their own, no more digits than are seen, and text only as text', () => {
    const bar = { name: HOSTILE, parts: [{ value: 1 / 3, color: 'var(--active)', title: HOSTILE }], figure: HOSTILE };
    const chart = drawBars(new Pen(drawing, 600), [bar, { ...bar, parts: [{ value: 1, color: 'red', title: '' }] }]);
    expect(String(chart)).not.toMatch(/<style|style=|class=|<img|<script|<b>/);
    for (const [, value = ''] of String(chart).matchAll(/(?:width|x|y)="([^"]*)"/g))
      expect(value).not.toMatch(/\.\d\d/);
    expect(elements(chart, 'title')[0]?.textContent).toBe(HOSTILE);
  });
});

describe('the process map', () => {
  const boxes = [0, 1, 2].map(() => ({ width: 100, height: 40 }));
  const arcs = [
    { from: 0, to: 1, label: '1', weight: 1 },
    { from: 1, to: 2, label: '2', weight: 1 },
    { from: 2, to: 1, label: '3', weight: 1 },
    { from: 1, to: 1, label: '4', weight: 1 },
  ];

  it('is laid out from top to bottom, every arrow from its box to its box', () => {
    const { boxes: places, routes, height } = layOut(drawing.viz, boxes, arcs);
    expect(places.map(({ y }) => y)).toEqual(places.map(({ y }) => y).toSorted((a, b) => a - b));
    expect(Math.max(...places.map(({ y }) => y))).toBeLessThan(height);
    for (const [index, { curve, tip, label }] of routes.entries()) {
      const [from, to] = [places[arcs[index]?.from ?? 0], places[arcs[index]?.to ?? 0]];
      const touches = (
        box: { x: number; y: number } | undefined,
        point: { x: number; y: number } | undefined,
      ): boolean =>
        Math.abs((box?.x ?? 0) - (point?.x ?? 1e9)) <= 52 && Math.abs((box?.y ?? 0) - (point?.y ?? 1e9)) <= 22;
      expect(touches(from, curve[0]), `arrow ${index} begins at its box`).toBe(true);
      expect(touches(to, tip), `arrow ${index} ends at its box`).toBe(true);
      expect(label).not.toBeNull();
    }
  });

  it('draws a box a node and an arrow an edge, thicker where a step was taken more often', () => {
    const nodes = ['a', 'b', HOSTILE].map(name => ({
      name,
      figure: '3 visits',
      stripe: [{ color: 'var(--wait)', share: 1 }],
    }));
    const edges = arcs.map(({ from, to }, index) => ({
      from,
      to,
      count: 10 ** index,
      figure: `${index}`,
      color: 'var(--muted)',
      title: '',
    }));
    const chart = drawMap(new Pen(drawing, 600), nodes, edges);
    const widths = numbers(chart, 'path[stroke-width]', 'stroke-width');
    expect(widths).toHaveLength(4);
    expect(widths).toEqual(widths.toSorted((a, b) => a - b));
    expect(elements(chart, 'rect')).toHaveLength(6);
    expect(String(chart)).not.toMatch(/<img|<script/);
  });

  it('has no nodes where there are none', () => {
    expect(layOut(drawing.viz, [], [])).toMatchObject({ boxes: [], routes: [] });
  });
});

describe('axes', () => {
  it('have ticks at even durations, from zero to past the longest', () => {
    expect(durationTicks(100, 5)).toEqual([0, 30, 60, 90, 120]);
    expect(durationTicks(7_200, 4)).toEqual([0, 1_800, 3_600, 5_400, 7_200]);
    expect(durationTicks(0.04, 4)).toEqual([0, 0.01, 0.02, 0.03, 0.04]);
    expect(logDurationTicks(0.5, 5_000, 5)).toEqual([0.3, 3, 30, 180, 1_800, 10_800]);
  });

  it('of time tell the day where there are several, and the second where it is short', () => {
    const tick = (from: string, to: string, at: string): string => timeAxis(from, to).tickFormat(new Date(at));
    expect(tick('2026-01-01T10:00:00Z', '2026-01-01T10:01:00Z', '2026-01-01T10:00:30Z')).toBe('10:00:30');
    expect(tick('2026-01-01T10:00:00Z', '2026-01-02T10:00:00Z', '2026-01-01T12:00:00Z')).toBe('12:00');
    expect(tick('2026-01-01T10:00:00Z', '2026-01-02T10:00:00Z', '2026-01-02T00:00:00Z')).toBe('2 Jan');
    expect(tick('2026-01-01T10:00:00Z', '2026-02-02T10:00:00Z', '2026-01-15T00:00:00Z')).toBe('15 Jan');
    expect(tick('2024-01-01T10:00:00Z', '2026-02-02T10:00:00Z', '2025-03-01T00:00:00Z')).toBe('Mar 2025');
    expect(timeAxis('2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z').label).toBe('time on 1 Jan 2026, UTC');
  });

  it('leave text the room it needs', () => {
    expect(textWidth('WWW')).toBeGreaterThan(textWidth('iii'));
    expect(fitted('a name', 200)).toBe('a name');
    expect(fitted('a very long name of something', 60)).toMatch(/^a very.*…$/);
    expect(textWidth(fitted('a very long name of something', 60))).toBeLessThanOrEqual(60);
  });
});
