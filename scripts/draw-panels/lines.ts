import { areaY, axisY, line, ruleX, ruleY, stackY } from '@observablehq/plot';
import { colorNamed, seriesColor } from './colors.ts';
import { formatted } from './format.ts';
import {
  type DrawnPanel,
  type DrawnSeries,
  rightAxisUnitOf,
  type Shown,
  type Size,
  thresholdsOf,
  unitOf,
} from './panel.ts';
import { svg, timeAxis } from './svg.ts';

interface Point {
  readonly legend: string;
  readonly time: number;
  readonly value: number;
}

/** A gap of so many steps is a scrape that failed, and is drawn over. */
const JOINED_STEPS = 5;

const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

function pointsOf(series: readonly DrawnSeries[]): Point[] {
  return series.flatMap(({ legend, points }) => points.map(point => ({ legend, ...point })));
}

/** The points of lines, with a break where there was nothing. */
function brokenLines(series: readonly DrawnSeries[]): Point[] {
  return series.flatMap(({ legend, points, step }) =>
    points.flatMap((point, index) => {
      const gap = { legend, time: point.time - step, value: Number.NaN };
      const isAfterGap = point.time - (points[index - 1]?.time ?? point.time) > JOINED_STEPS * step;
      return [...(isAfterGap ? [gap] : []), { legend, ...point }];
    }),
  );
}

/** The highest that a stack of all series gets. */
function stackedHeight(points: readonly Point[]): number {
  const sums = new Map<number, number>();
  for (const { time, value } of points) sums.set(time, (sums.get(time) ?? 0) + value);
  return largest([...sums.values()]);
}

/** The limits that are drawn: those that are not far above all there is. */
export function limitsShown(panel: DrawnPanel, series: readonly DrawnSeries[]): { value: number; color: string }[] {
  if (panel.fieldConfig?.defaults.custom?.thresholdsStyle?.mode !== 'dashed') return [];
  const left = series.filter(({ legend }) => rightAxisUnitOf(panel, legend) === null);
  const top = largest(pointsOf(left).map(({ value }) => value));
  return thresholdsOf(panel).flatMap(({ value, color }) =>
    value !== null && value <= Math.max(top, 1e-9) * 1.05 ? [{ value, color: colorNamed(color) }] : [],
  );
}

/** Where a logarithmic axis begins and ends: at powers of ten around what there is. */
function powersAround(points: readonly Point[]): [number, number] {
  const values = points.map(({ value }) => value).filter(value => value > 0);
  const least = values.reduce((low, value) => Math.min(low, value), largest(values) || 1);
  return [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(largest(values) || 1) + 0.01)];
}

const XY = { x: 'time', y: 'value', z: 'legend' };

/** Round numbers from 0 to the largest value. */
function roundNumbers(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = power * (most / power >= 5 ? 1 : most / power >= 2 ? 0.5 : 0.2);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

/** A series against an axis of its own, as high as the others are against theirs. */
function marksAtRight(panel: DrawnPanel, series: DrawnSeries, top: number): object[] {
  const most = largest(series.points.map(({ value }) => value)) || 1;
  const unit = rightAxisUnitOf(panel, series.legend) ?? '';
  const scaled = brokenLines([series]).map(point => ({ ...point, value: (point.value * top) / most }));
  const ticks = roundNumbers(most).map(value => (value * top) / most);
  return [
    line(scaled, { ...XY, stroke: 'legend', strokeWidth: 1.6, strokeDasharray: '2 3' }),
    axisY(ticks, { anchor: 'right', label: null, tickFormat: (y: number) => formatted((y * most) / top, unit) }),
  ];
}

function marksAtLeft(panel: DrawnPanel, series: readonly DrawnSeries[], order: readonly string[]): object[] {
  const { stacking, scaleDistribution } = panel.fieldConfig?.defaults.custom ?? {};
  const tickFormat = (y: number): string => formatted(y, unitOf(panel));
  const axis = axisY({ anchor: 'left', label: null, ticks: scaleDistribution?.type === 'log' ? 4 : 5, tickFormat });
  if (stacking?.mode !== 'normal')
    return [axis, line(brokenLines(series), { ...XY, stroke: 'legend', strokeWidth: 1.6 })];
  return [axis, areaY(pointsOf(series), stackY({ ...XY, fill: 'legend', fillOpacity: 0.75, order: [...order] }))];
}

/** Lines over time, or areas on top of each other; a series may have an axis of its own at the right. */
export function drawLines(panel: DrawnPanel, series: readonly DrawnSeries[], shown: Shown, size: Size): string {
  const { stacking, scaleDistribution } = panel.fieldConfig?.defaults.custom ?? {};
  const isLog = scaleDistribution?.type === 'log';
  const right = series.find(({ legend }) => rightAxisUnitOf(panel, legend) !== null);
  const atLeft = series.filter(each => each !== right);
  const left = pointsOf(atLeft);
  const top = (stacking?.mode === 'normal' ? stackedHeight(left) : largest(left.map(({ value }) => value))) || 1;
  const legends = series.map(({ legend }) => legend);
  const domain = isLog ? powersAround(left) : [0, top * 1.05];
  const limits = limitsShown(panel, series);
  return svg(size, {
    marginLeft: 52,
    marginRight: right === undefined ? 8 : 44,
    marginTop: 8,
    marginBottom: 22,
    x: timeAxis(shown),
    y: { domain, type: isLog ? 'log' : 'linear', grid: true, label: null },
    color: { domain: legends, range: legends.map((_, index) => seriesColor(index)) },
    marks: [
      ruleX(shown.marks, { x: 'time', stroke: '#d3d7dc', strokeDasharray: '1 3' }),
      ...marksAtLeft(panel, atLeft, legends),
      ...limits.map(({ value, color }) => ruleY([value], { stroke: color, strokeDasharray: '5 4' })),
      ...(right === undefined ? [] : marksAtRight(panel, right, top)),
    ],
  });
}
