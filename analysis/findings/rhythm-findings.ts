import type { ConformanceKind, Report, RhythmAnomalyRow } from '../analyses.ts';
import { count, counted, duration, instant, percent } from '../format.ts';
import { type Finding, rowsOf } from './finding.ts';

const NOOP_RATE = 0.5;
/** A rate of noops is told only of so many reactive cycles. */
const MIN_CYCLES = 20;

/** A rhythm is worth a sentence once it is so many times its usual, or a part of it; a rate, once it is so far from it. */
const NOTABLE_FACTOR = 2;
const NOTABLE_STEP = 0.25;

function isNotable({ measure, baseline, extreme }: RhythmAnomalyRow): boolean {
  if (measure === 'noop_rate') return Math.abs(extreme - baseline) >= NOTABLE_STEP;
  return extreme >= NOTABLE_FACTOR * baseline || baseline >= NOTABLE_FACTOR * extreme;
}

const MEASURES = { median_sleep: 'median sleep', noop_rate: 'noop rate', cycle_p95: 'p95 of cycles' } as const;

function noops(report: Report): readonly (Finding | null)[] {
  return rowsOf(report.noop_rate).map(row => {
    if (row.reactive_cycles < MIN_CYCLES || (row.noop_rate ?? 0) < NOOP_RATE) return null;
    const sentence = `The Chief ${row.chief_id} is woken for nothing ${percent(row.noop_rate)} of the time (${row.noops} of ${row.reactive_cycles} reactive cycles), up to ${counted(row.longest_streak, 'time')} in a row.`;
    return { code: 'noops', severity: 'notice', sentence, analysis: 'noop_rate' };
  });
}

function rhythm(report: Report): readonly Finding[] {
  return rowsOf(report.rhythm_anomalies)
    .filter(row => row.is_open && isNotable(row))
    .map(row => {
      const figure = (value: number): string => (row.measure === 'noop_rate' ? percent(value) : duration(value));
      const sentence = `The ${MEASURES[row.measure]} of the Chief ${row.chief_id} has been ${row.direction} its usual ${figure(row.baseline)} since ${instant(row.started_at)}: ${figure(row.extreme)} at most extreme.`;
      return { code: 'rhythm_changed', severity: 'notice', sentence, analysis: 'rhythm_anomalies' };
    });
}

function stationarity(report: Report): Finding | null {
  const all = rowsOf(report.littles_law).find(({ board_uid }) => board_uid === null);
  if (all === undefined || all.is_stationary !== false) return null;
  const how = all.arrivals > all.departures ? 'more work came than left' : 'the flow was not steady';
  const sentence = `Over this time ${how} (${counted(all.arrivals, 'arrival')}, ${counted(all.departures, 'departure')}; Little's law is off by ${percent(Math.abs(all.gap ?? 0))}): averages describe no lasting state.`;
  return { code: 'not_stationary', severity: 'notice', sentence, analysis: 'littles_law' };
}

/** What a log that is whole never has; a broken link is an import's, and says so. */
const FAULTS: Readonly<Partial<Record<ConformanceKind, string>>> = {
  outside_profile: 'steps that no lifecycle declares',
  sequence_gap: 'missing numbers in the log',
  sequence_duplicate: 'numbers that are there twice',
  time_goes_back: 'steps earlier than the one before',
};

function conformance(report: Report): readonly Finding[] {
  const rows = rowsOf(report.conformance);
  return Object.entries(FAULTS).flatMap(([kind, words]) => {
    const found = rows.filter(row => row.kind === kind).reduce((sum, row) => sum + row.count, 0);
    if (found === 0) return [];
    const sentence = `The log has ${count(found)} ${words}: \`quadro check\` names them.`;
    return [{ code: 'nonconformance', severity: 'fault', sentence, analysis: 'conformance' } satisfies Finding];
  });
}

/** What stands out in the Chief's rhythm, the flow as a whole, and the log itself. */
export function rhythmFindings(report: Report): readonly (Finding | null)[] {
  return [...conformance(report), ...noops(report), ...rhythm(report), stationarity(report)];
}
