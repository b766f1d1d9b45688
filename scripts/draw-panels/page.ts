import { colorNamed, seriesColor } from './colors.ts';
import { drawBars, drawStat } from './figures.ts';
import { elapsed, formatted, html } from './format.ts';
import { drawHeatmap } from './heatmap.ts';
import { drawLines, limitsShown } from './lines.ts';
import { markdownHtml } from './markdown.ts';
import { type DrawnDashboard, type DrawnPanel, type DrawnSeries, type Shown, type Size, unitOf } from './panel.ts';
import { drawStates, statesSeen } from './state-timeline.ts';

/** The width at which the dashboards must be legible. */
export const PAGE_WIDTH = 1280;
const COLUMN = PAGE_WIDTH / 24;
const ROW = 36;
const GAP = 8;
const PADDING = 10;
const TITLE_HEIGHT = 20;
const SMALL_LINE = 13;
/** A character of small print, about. */
const SMALL_CHARACTER = 5.6;
/** What stands between two names of a legend: the sign of the line, and room. */
const LEGEND_SIGN = 26;
const HEADER = 74;

interface LegendEntry {
  readonly name: string;
  readonly color: string;
}

function legendOf(panel: DrawnPanel, series: readonly DrawnSeries[]): LegendEntry[] {
  if (panel.type === 'state-timeline') {
    return statesSeen(panel, series).map(({ text, color }) => ({ name: text, color: colorNamed(color) }));
  }
  if (panel.type !== 'timeseries') return [];
  const lines = series.map(({ legend }, index) => ({ name: legend, color: seriesColor(index) }));
  const limits = limitsShown(panel, series).map(({ value, color }) => ({
    name: `– – from ${formatted(value, unitOf(panel))}`,
    color,
  }));
  return [...lines, ...limits];
}

/** How many lines a legend takes, about: a name is not broken. */
function legendLines(legend: readonly LegendEntry[], width: number): number {
  let lines = 0;
  let room = 0;
  for (const { name } of legend) {
    const needed = name.length * SMALL_CHARACTER * 1.12 + LEGEND_SIGN;
    if (needed > room) {
      lines++;
      room = width;
    }
    room -= needed;
  }
  return lines;
}

function drawing(panel: DrawnPanel, series: readonly DrawnSeries[], shown: Shown, size: Size): string {
  if (panel.type === 'text') return `<div class="words">${markdownHtml(panel.options?.content ?? '')}</div>`;
  if (series.length === 0) return '<div class="none">No data</div>';
  switch (panel.type) {
    case 'stat':
      return drawStat(panel, series, shown, size);
    case 'bargauge':
      return drawBars(panel, series, shown);
    case 'heatmap':
      return drawHeatmap(panel, series, shown, size);
    case 'state-timeline':
      return drawStates(panel, series, shown, size);
    default:
      return drawLines(panel, series, shown, size);
  }
}

function box({ gridPos: { x, y, w, h } }: DrawnPanel): { style: string; size: Size } {
  const [left, top, width, height] = [
    x * COLUMN + GAP / 2,
    y * ROW + HEADER + GAP / 2,
    w * COLUMN - GAP,
    h * ROW - GAP,
  ];
  const style = `left: ${left}px; top: ${top}px; width: ${width}px; height: ${height}px`;
  return { style, size: { width: width - 2 * PADDING, height: height - 2 * PADDING } };
}

function panelHtml(panel: DrawnPanel, series: readonly DrawnSeries[], shown: Shown): string {
  const { style, size } = box(panel);
  if (panel.type === 'row') return `<h2 style="${style}">${html(panel.title)}</h2>`;
  const about = panel.description ?? '';
  const legend = legendOf(panel, series);
  const small = Math.ceil((about.length * SMALL_CHARACTER) / size.width) + legendLines(legend, size.width);
  const height = size.height - TITLE_HEIGHT - small * SMALL_LINE - 6;
  const names = legend.map(({ name, color }) => `<span><i style="background: ${color}"></i>${html(name)}</span>`);
  return `<section style="${style}"><h3>${html(panel.title)}</h3><p class="about">${html(about)}</p>
    <div class="drawing">${drawing(panel, series, shown, { ...size, height })}</div>
    <p class="legend">${names.join(' ')}</p></section>`;
}

const CSS = `
  body { margin: 0; width: ${PAGE_WIDTH}px; background: #f2f4f6; color: #1f2430; font: 12px/1.35 "DejaVu Sans", "Liberation Sans", sans-serif; position: relative }
  header { padding: 10px 12px } header h1 { margin: 0; font-size: 17px } header p { margin: 3px 0 0; font-size: 10px; color: #4b5563 }
  h2 { position: absolute; margin: 0; font-size: 13px; line-height: ${ROW - GAP}px } h2::before { content: "▾ " }
  section { position: absolute; box-sizing: border-box; padding: ${PADDING}px; background: white; border: 1px solid #dde1e6; border-radius: 3px; overflow: hidden; display: flex; flex-direction: column }
  h3 { margin: 0; font-size: 12.5px; line-height: ${TITLE_HEIGHT}px; flex: none } .drawing { flex: 1; min-height: 0; overflow: hidden }
  .about, .legend { margin: 0; font-size: 10px; line-height: ${SMALL_LINE}px; color: #4b5563; flex: none }
  .legend span { margin-right: 10px; white-space: nowrap } .legend i { display: inline-block; width: 10px; height: 3px; margin-right: 4px; vertical-align: 3px }
  .figure { font-size: 27px; font-weight: 600; line-height: 40px } .none { color: #9ca3af; padding-top: 20px; text-align: center }
  .words { font-size: 11px } .words p, .words ol, .words ul { margin: 5px 0 } .words ol, .words ul { padding-left: 18px }
  .bars { padding-top: 4px } .bar { display: flex; align-items: center; height: 21px; font-size: 11px } .bar label { width: 130px; flex: none }
  .bar i { flex: 1; height: 12px; background: #eef0f2 } .bar i span { display: block; height: 12px } .bar b { width: 70px; text-align: right; flex: none }
`;

/** A dashboard as one page, its panels where Grafana has them. */
export function pageHtml(
  { title, description = '', panels }: DrawnDashboard,
  series: ReadonlyMap<number, readonly DrawnSeries[]>,
  shown: Shown,
): string {
  const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * ROW + HEADER + GAP;
  const marks = shown.marks.map(({ name, time }) => `${elapsed(time, shown.from)} ${name}`).join(' · ');
  const sections = panels.map(panel => panelHtml(panel, series.get(panel.id) ?? [], shown));
  return `<!doctype html><meta charset="utf-8"><title>${html(title)}</title><style>${CSS} body { height: ${height}px }</style>
    <header><h1>${html(title)}</h1><p>${html(description)}</p><p>${html(marks)}</p></header>${sections.join('\n')}`;
}
