import type { Markup } from '../html.ts';
import type { Pen } from './pen.ts';
import { drawRanges, type Range, type RangeAxis } from './ranges.ts';
import { durationTick, durationTicks, logDurationTicks } from './time-axes.ts';

/** Values further apart than this are put on a logarithmic axis. */
const WIDE_SPREAD = 60;

function durationAxis(shortest: number, longest: number, label: string, most: number): RangeAxis {
  const isWide = shortest > 0 && longest / shortest > WIDE_SPREAD;
  const ticks = isWide ? logDurationTicks(shortest, longest, most) : durationTicks(longest || 1, most);
  const domain = [ticks[0] ?? 0, Math.max(longest, ticks.at(-1) ?? 1)] as const;
  return { label, domain, ticks, tickFormat: durationTick, isLogarithmic: isWide };
}

/** A chart of ranges of durations; those of nothing at all are put at the axis's end. */
export function durationRanges(ranges: readonly Range[], label: string): (pen: Pen) => Markup {
  const values = ranges
    .flatMap(({ low, middle, high, mark = low }) => [low, middle, high, mark])
    .filter(value => value > 0);
  const [shortest, longest] = [Math.min(...values), Math.max(...values)];
  return pen => {
    const axis = durationAxis(shortest, longest, label, pen.isNarrow ? 4 : 8);
    const least = axis.domain[0];
    const inside = ranges.map(each => ({
      ...each,
      low: Math.max(each.low, least),
      middle: Math.max(each.middle, least),
      high: Math.max(each.high, least),
    }));
    return drawRanges(pen, inside, axis);
  };
}
