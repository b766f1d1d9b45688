import { areaY, line } from '@observablehq/plot';
import { thresholdColor } from './colors.ts';
import { formatted, html } from './format.ts';
import {
  type DrawnPanel,
  type DrawnSeries,
  type Shown,
  type ShownState,
  type Size,
  thresholdsOf,
  unitOf,
} from './panel.ts';
import { svg } from './svg.ts';

function stateOf({ fieldConfig }: DrawnPanel, value: number): ShownState | undefined {
  return fieldConfig?.defaults.mappings
    ?.map(({ options }) => options[String(value)])
    .find(state => state !== undefined);
}

/** The latest number of a panel, large, above its course. */
export function drawStat(panel: DrawnPanel, [series]: readonly DrawnSeries[], shown: Shown, size: Size): string {
  const value = series?.points.at(-1)?.value ?? Number.NaN;
  const state = stateOf(panel, value);
  const color = thresholdColor(value, thresholdsOf(panel));
  const figure = `<div class="figure" style="color: ${color}">${html(state?.text ?? formatted(value, unitOf(panel)))}</div>`;
  if (state !== undefined) return figure;
  const points = series?.points ?? [];
  const course = svg(
    { width: size.width, height: Math.max(size.height - 40, 16) },
    {
      margin: 1,
      axis: null,
      x: { domain: [shown.from, shown.to] },
      y: { domain: [0, Math.max(...points.map(each => each.value), 1e-9)] },
      marks: [
        areaY(points, { x: 'time', y: 'value', fill: color, fillOpacity: 0.15 }),
        line(points, { x: 'time', y: 'value', stroke: color, strokeWidth: 1 }),
      ],
    },
  );
  return `${figure}${course}`;
}

/** A bar for each series that has a value at the end of what is shown. */
export function drawBars(panel: DrawnPanel, series: readonly DrawnSeries[], { to }: Shown): string {
  const rows = series.flatMap(({ legend, points }) => {
    const last = points.at(-1);
    return last !== undefined && to - last.time < 2 ? [{ legend, value: last.value }] : [];
  });
  const most = Math.max(...rows.map(({ value }) => value), 1e-9);
  const lines = rows.map(({ legend, value }) => {
    const color = thresholdColor(value, thresholdsOf(panel));
    const bar = `<span style="width: ${(100 * value) / most}%; background: ${color}"></span>`;
    return `<div class="bar"><label>${html(legend)}</label><i>${bar}</i><b>${formatted(value, unitOf(panel))}</b></div>`;
  });
  return `<div class="bars">${lines.join('')}</div>`;
}
