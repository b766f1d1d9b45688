import type { Threshold } from './panel.ts';

/** Grafana's colour names, on white. */
const NAMED: Readonly<Record<string, string>> = {
  blue: '#3274d9',
  green: '#299c46',
  orange: '#ed8128',
  red: '#d8363f',
  yellow: '#d9b40f',
  purple: '#8f3bb8',
  text: '#6b7280',
  transparent: '#eef0f2',
};

/** Colours of series without one of their own, far apart for most eyes. */
const SERIES = [
  '#4269d0',
  '#efb118',
  '#ff725c',
  '#3ca951',
  '#a463f2',
  '#6cc5b0',
  '#9c6b4e',
  '#97bbf5',
  '#e377c2',
  '#7f8794',
];

/** A colour of Grafana's as the browser knows it. */
export function colorNamed(name: string): string {
  return NAMED[name] ?? name;
}

/** The colour of a panel's nth series. */
export function seriesColor(index: number): string {
  return SERIES[index % SERIES.length] ?? '#4269d0';
}

/** The colour that a value has by its thresholds. */
export function thresholdColor(value: number, thresholds: readonly Threshold[]): string {
  const last = thresholds.findLast(({ value: from }) => from === null || value >= from);
  return colorNamed(last?.color ?? 'blue');
}
