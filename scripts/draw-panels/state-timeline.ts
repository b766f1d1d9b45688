import { rect, text } from '@observablehq/plot';
import { colorNamed } from './colors.ts';
import type { DrawnPanel, DrawnSeries, Shown, ShownState, Size } from './panel.ts';
import { svg, timeAxis } from './svg.ts';

interface Stretch {
  readonly row: string;
  readonly from: number;
  readonly to: number;
  readonly state: ShownState;
}

function statesOf({ fieldConfig }: DrawnPanel): Readonly<Record<string, ShownState>> {
  return Object.assign({}, ...(fieldConfig?.defaults.mappings ?? []).map(({ options }) => options));
}

/** Neighbouring points of one state as one stretch. */
function stretchesOf(
  { legend, points }: DrawnSeries,
  states: Readonly<Record<string, ShownState>>,
  end: number,
): Stretch[] {
  const stretches: Stretch[] = [];
  for (const [index, { time, value }] of points.entries()) {
    const state = states[String(value)] ?? { text: String(value), color: 'text' };
    const to = points[index + 1]?.time ?? end;
    const last = stretches.at(-1);
    if (last?.state === state) stretches[stretches.length - 1] = { ...last, to };
    else stretches.push({ row: legend, from: time, to, state });
  }
  return stretches;
}

/** States over time, a row for each query. */
export function drawStates(panel: DrawnPanel, series: readonly DrawnSeries[], shown: Shown, size: Size): string {
  const states = statesOf(panel);
  const stretches = series.flatMap(each => stretchesOf(each, states, shown.to));
  const named = stretches.filter(({ from, to }) => (to - from) / (shown.to - shown.from) > 0.06);
  return svg(size, {
    marginLeft: 52,
    marginRight: 8,
    marginTop: 4,
    marginBottom: 22,
    x: timeAxis(shown),
    y: { type: 'band', domain: series.map(({ legend }) => legend), label: null, padding: 0.15 },
    marks: [
      rect(stretches, { x1: 'from', x2: 'to', y: 'row', fill: (each: Stretch) => colorNamed(each.state.color) }),
      text(named, {
        x: (each: Stretch) => (each.from + each.to) / 2,
        y: 'row',
        text: (each: Stretch) => each.state.text,
        fill: (each: Stretch) => (each.state.color === 'transparent' ? '#6b7280' : 'white'),
        fontWeight: 600,
      }),
    ],
  });
}

/** The states that a panel's series were in, with their colours. */
export function statesSeen(panel: DrawnPanel, series: readonly DrawnSeries[]): readonly ShownState[] {
  const seen = new Set(series.flatMap(({ points }) => points.map(({ value }) => String(value))));
  return Object.entries(statesOf(panel)).flatMap(([value, state]) => (seen.has(value) ? [state] : []));
}
