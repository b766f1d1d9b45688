import { count, counted, duration, percent } from '../../../analysis/format.ts';
import type { Report, StaleRow } from '../../../analysis/index.ts';
import { drawRanges, type Range } from '../charts/ranges.ts';
import { TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, rowsOf, show } from '../shown.ts';
import { signsOfLifeShown } from './signs-of-life.ts';

/** Rows of each dimension that are drawn. */
const MOST_EACH = 5;
const LOST = TIME_KINDS.lost.color;

const DIMENSIONS = { status: 'status', agent: 'agent', task_type: 'type' } as const;

function concentrationText(report: Report): string {
  const [most] = rowsOf(report, 'stale_concentration')
    .filter(({ top_key }) => top_key !== null)
    .toSorted(
      (a, b) =>
        (b.concentration ?? 0) -
        (b.expected_concentration ?? 0) -
        ((a.concentration ?? 0) - (a.expected_concentration ?? 0)),
    );
  // Of two or three there is no telling.
  if (most === undefined || most.stale < 4) return '';
  return ` They crowd most by ${DIMENSIONS[most.dimension]}: ${percent(most.top_share)} of them with ${most.top_key}.`;
}

function stalePicture(report: Report, rows: readonly StaleRow[]): Picture | null {
  const all = rows.find(({ dimension }) => dimension === 'all');
  if (all === undefined || all.attempts === 0) return null;
  if (all.stale === 0)
    return { says: `None of ${counted(all.attempts, 'attempt')} ended because its worker had gone silent.` };
  const ranges = Object.entries(DIMENSIONS).flatMap(([dimension, word]) => {
    const found = rows
      .filter(row => row.dimension === dimension && row.stale > 0)
      .toSorted((a, b) => b.stale - a.stale);
    return found.slice(0, MOST_EACH).map((row): Range => {
      const [stale, active] = [row.stale_share ?? 0, row.active_share ?? 0];
      const figure = `${percent(stale)} of stale, ${percent(active)} of work`;
      return {
        name: `${row.key ?? 'nobody'} (${word})`,
        low: Math.min(stale, active),
        middle: stale,
        high: Math.max(stale, active),
        mark: active,
        color: LOST,
        figure,
      };
    });
  });
  const recovery =
    all.recovery_p50_seconds === null
      ? ''
      : `, and ${duration(all.recovery_p50_seconds)} more (median) until somebody took it on`;
  const wrong =
    all.false_stale === 0
      ? 'None of them was alive after all.'
      : `${count(all.false_stale)} of them (${percent(all.false_stale_share)}) were alive after all: they beat or reported afterwards.`;
  const says =
    `${counted(all.stale, 'attempt')} of ${count(all.attempts)} (${percent(all.stale_rate)}) ended because the worker had gone silent: ${duration(all.lost_seconds)} lost. ` +
    `It took ${duration(all.detection_p50_seconds)} (median) to find one${recovery}. ${wrong}${concentrationText(report)}`;
  const axis = {
    label: 'share',
    domain: [0, 1] as const,
    ticks: [0, 0.25, 0.5, 0.75, 1],
    tickFormat: percent,
  };
  const key =
    'Dot: share of the stale attempts; stroke: share of the active time, which it would be if silence struck all alike.';
  return { says, key, chart: pen => drawRanges(pen, ranges, axis) };
}

/** Work whose worker went silent. */
export function stalePart(report: Report): Part {
  return {
    id: 'stale-work',
    title: 'What fell silent',
    about:
      'A worker shows that it is alive by beating. The Ombudsman takes the task of one that has not for too long; the time since its last beat is lost.',
    shown: [
      show(report, {
        title: 'Stale work',
        analysis: 'stale',
        also: ['stale_concentration'],
        none: 'No attempt has ended.',
        picture: rows => stalePicture(report, rows),
      }),
      ...signsOfLifeShown(report),
    ],
  };
}
