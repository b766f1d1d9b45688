import { plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { elapsed } from './format.ts';
import type { Shown, Size } from './panel.ts';

const MOST_TICKS = 9;

/** The horizontal axis of every drawing: time since the start, at round places. */
export function timeAxis({ from, to }: Shown): object {
  const every = [5, 10, 15, 30, 60, 120, 300, 600].find(seconds => (to - from) / seconds <= MOST_TICKS) ?? 1800;
  const ticks = Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, index) => from + index * every);
  return { domain: [from, to], ticks, tickFormat: (time: number) => elapsed(time, from), label: null };
}

/** A chart as the text of an SVG; no browser is needed for it. */
export function svg({ width, height }: Size, options: object): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const style = { fontSize: '10px', fontFamily: 'inherit', overflow: 'visible' };
  return String(plot({ document, width, height, style, ...options }).outerHTML);
}
