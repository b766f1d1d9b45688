import { errorOf } from '../../board/core/errors.ts';
import { microsOf } from '../../board/core/time.ts';
import type { Analysis } from '../open-analysis.ts';
import type { Figure } from '../rows/figure.ts';
import { intervalOf, redrawnDifferences, type Sample } from './bootstrap.ts';
import { estimateOf, MEASURE_NAMES, MEASURES, type Measure, type MeasureName, type UnitKind } from './measures.ts';
import { randomNumbers } from './random-numbers.ts';
import { type CompareWindow, unitsOf } from './units.ts';

/** How to compare. */
export interface CompareOptions {
  /** The stretch of the first log; default all of it. */
  readonly windowA?: CompareWindow;
  /** The stretch of the second. */
  readonly windowB?: CompareWindow;
  /** Default: all. */
  readonly measures?: readonly MeasureName[];
  /** Times each log is drawn anew; default 1,000. */
  readonly replicates?: number;
  /** Of the draws; the same seed gives the same intervals. Default 1. */
  readonly seed?: number;
  /** How much worse, as a share of the first log's figure, is still no worse. Default 0. */
  readonly tolerance?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What the interval says: `unclear` where it holds 0, or where neither direction is better by itself. */
export type Verdict = 'better' | 'worse' | 'unclear' | 'changed' | 'unknown';

/** One measure of both logs. */
export interface ComparedMeasure {
  readonly measure: MeasureName;
  readonly unit: Measure['unit'];
  /** Null: neither direction is better by itself. */
  readonly better: Measure['better'];
  readonly a: Figure;
  readonly b: Figure;
  /** b − a. */
  readonly difference: Figure;
  /** The bootstrap's 95 % interval of the difference: its 2.5 and 97.5 percentiles. */
  readonly low: Figure;
  readonly high: Figure;
  /** difference / |a|. */
  readonly relative_difference: Figure;
  /** Units the figures stand on: finished tasks, Chief cycles, or stretches of time. */
  readonly a_units: number;
  readonly b_units: number;
  /** Null where the figures stand on all units; else how many there are, of which the figures' are a sample. */
  readonly a_units_of: number | null;
  readonly b_units_of: number | null;
  readonly verdict: Verdict;
}

/** What a comparison says. */
export interface Comparison {
  readonly measures: readonly ComparedMeasure[];
  /** Whether some measure is worse for sure: its whole interval lies on the worse side, beyond the tolerance. */
  readonly is_worse: boolean;
  readonly replicates: number;
  readonly seed: number;
}

/**
 * Compares two logs, or two windows of one: each measure of both, their difference, and a 95 % interval by the bootstrap
 * (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13: percentiles): each log's tasks, cycles and stretches of time are drawn
 * with replacement, and the difference computed anew.
 *
 * @throws ValidationError (`invalid_payload`) for a window, a measure or a number that cannot be
 * @example
 * const { measures, is_worse } = await compare(before, after, { tolerance: 0.05 });
 */
export async function compare(a: Analysis, b: Analysis, options: CompareOptions = {}): Promise<Comparison> {
  const { replicates = 1000, seed = 1, tolerance = 0, windowA = {}, windowB = {} } = options;
  checkNumbers(replicates, seed, tolerance);
  const wanted = measuresOf(options.measures);
  const sides = [
    { analysis: a, window: checkedWindow(windowA) },
    { analysis: b, window: checkedWindow(windowB) },
  ] as const;
  const compared = new Map<string, ComparedMeasure>();
  const kinds = [...new Set(wanted.map(({ units }) => units))];
  for (const [index, kind] of kinds.entries()) {
    options.signal?.throwIfAborted();
    const measures = wanted.filter(({ units }) => units === kind);
    const [left, right] = [await sideOf(sides[0], kind, measures), await sideOf(sides[1], kind, measures)];
    const random = randomNumbers(seed + index);
    const draws = await redrawnDifferences([left, right], { replicates, random, ...options });
    for (const [at, measure] of measures.entries()) {
      compared.set(measure.name, comparedMeasure(measure, at, [left, right], draws[at] ?? [], tolerance));
    }
    options.onProgress?.({ done: index + 1, total: kinds.length });
  }
  const measures = wanted.flatMap(({ name }) => compared.get(name) ?? []);
  return { measures, is_worse: measures.some(({ verdict }) => verdict === 'worse'), replicates, seed };
}

function checkNumbers(replicates: number, seed: number, tolerance: number): void {
  const faults: string[] = [];
  if (!Number.isSafeInteger(replicates) || replicates < 100) faults.push('replicates must be a whole number from 100');
  if (!Number.isSafeInteger(seed)) faults.push('seed must be a whole number');
  if (!(tolerance >= 0)) faults.push('tolerance must be a number from 0');
  if (faults.length > 0) throw errorOf('invalid_payload', faults.join('; '));
}

interface NamedMeasure extends Measure {
  readonly name: MeasureName;
}

function measuresOf(names: readonly string[] = MEASURE_NAMES): readonly NamedMeasure[] {
  const known: readonly string[] = MEASURE_NAMES;
  const unknown = names.filter(name => !known.includes(name));
  if (unknown.length > 0) {
    throw errorOf('invalid_payload', `There is no measure ${unknown.join(', ')}: choose from ${known.join(', ')}`);
  }
  return MEASURE_NAMES.filter(name => names.includes(name)).map(name => ({ name, ...MEASURES[name] }));
}

/** A window as DuckDB takes it: instants in UTC without an offset, which a cast would drop. */
function checkedWindow(window: CompareWindow): CompareWindow {
  const bounds = Object.entries(window).map(([name, text]) => {
    const micros = microsOf(text);
    if (micros === null) throw errorOf('invalid_payload', `${name}: ${text} is no ISO 8601 time`);
    return [name, new Date(micros / 1000).toISOString().replace('Z', '')];
  });
  return Object.fromEntries(bounds) as CompareWindow;
}

/** One log's units of a kind: its measures over them, and how many there are in all. */
interface Side extends Sample {
  readonly of: number;
}

async function sideOf(
  { analysis, window }: { readonly analysis: Analysis; readonly window: CompareWindow },
  kind: UnitKind,
  measures: readonly Measure[],
): Promise<Side> {
  const isAbsent = kind === 'cycle' && analysis.absentTables.has('chief_cycles');
  const { units, of } = isAbsent ? { units: [], of: 0 } : await unitsOf(analysis, kind, window);
  return { size: units.length, of, estimates: measures.map(measure => estimateOf(measure, units)) };
}

const ONCE = (size: number): Uint32Array => new Uint32Array(size).fill(1);

function comparedMeasure(
  measure: NamedMeasure,
  at: number,
  [left, right]: readonly [Side, Side],
  drawn: readonly number[],
  tolerance: number,
): ComparedMeasure {
  const a = left.estimates[at]?.(ONCE(left.size)) ?? null;
  const b = right.estimates[at]?.(ONCE(right.size)) ?? null;
  const difference = a === null || b === null ? null : b - a;
  const [low, high] = difference === null ? [null, null] : intervalOf(drawn);
  return {
    measure: measure.name,
    unit: measure.unit,
    better: measure.better,
    a,
    b,
    difference,
    low,
    high,
    relative_difference: difference === null || a === null || a === 0 ? null : difference / Math.abs(a),
    a_units: left.size,
    b_units: right.size,
    a_units_of: left.of > left.size ? left.of : null,
    b_units_of: right.of > right.size ? right.of : null,
    verdict: verdictOf(measure, { a, low, high }, tolerance),
  };
}

function verdictOf(
  { better }: Measure,
  { a, low, high }: Record<'a' | 'low' | 'high', Figure>,
  tolerance: number,
): Verdict {
  if (low === null || high === null || a === null) return 'unknown';
  if (low <= 0 && high >= 0) return 'unclear';
  if (better === null) return 'changed';
  const isBetter = better === 'lower' ? high < 0 : low > 0;
  if (isBetter) return 'better';
  const least = Math.min(Math.abs(low), Math.abs(high));
  return least > tolerance * Math.abs(a) ? 'worse' : 'unclear';
}
