import type { Report, SleepDistributionRow } from '../../analysis/index.ts';
import { percent, printable, seconds } from '../output.ts';
import { bar } from './bars.ts';
import { dispatchFailureText } from './coordination-text.ts';
import { section, unlessEmpty } from './section.ts';

/** The analyses of the sleep study, as `quadro sleep` shows and prints them. */
export const SLEEP_NAMES = [
  'sleep_study',
  'cadence',
  'sleep_distribution',
  'noop_rate',
  'noop_streaks',
  'wake_triggers',
  'cycle_by_depth',
  'cycle_depth_deciles',
  'dispatch_failure',
  'dispatch_failure_episodes',
  'rhythm_and_flow',
  'rhythm_anomalies',
] as const;

/** What {@link sleepText} is made of. */
export type SleepReport = Pick<Report, (typeof SLEEP_NAMES)[number]>;

/** How a Chief sleeps, why it wakes, and how often for nothing. */
export function sleepStudyText(report: Pick<Report, 'sleep_study' | 'noop_rate' | 'wake_triggers'>): string {
  return [
    section('The Chief’s sleep', report.sleep_study, [
      ['chief', row => row.chief_id],
      ['cycles', row => row.cycles],
      ['sleeps', row => row.sleeps],
      ['p5', row => seconds(row.p5_seconds)],
      ['p50', row => seconds(row.p50_seconds)],
      ['p95', row => seconds(row.p95_seconds)],
      ['max', row => seconds(row.max_seconds)],
      ['under 1 s', row => percent(row.short_share)],
      ['burstiness', row => row.burstiness?.toFixed(2)],
      ['asleep', row => percent(row.dormancy)],
    ]),
    section('Noops: reactive cycles that found nothing to do', report.noop_rate, [
      ['chief', row => row.chief_id],
      ['reactive', row => row.reactive_cycles],
      ['noops', row => row.noops],
      ['rate', row => percent(row.noop_rate)],
      ['longest streak', row => row.longest_streak],
      ['their time', row => seconds(row.noop_seconds)],
    ]),
    section('What wakes it', report.wake_triggers, [
      ['chief', row => row.chief_id],
      ['trigger', row => row.trigger],
      ['wakes', row => row.wakes],
      ['share', row => percent(row.share)],
      ['actions a wake', row => row.actions_per_wake?.toFixed(2)],
      ['yield', row => percent(row.yield)],
      ['coalesced', row => row.coalesced_wakes],
      ['', row => bar(row.share, 16)],
    ]),
  ].join('\n');
}

/** Sleeps of one length, whatever ended them. */
interface Length {
  readonly chief: string;
  readonly lower: number;
  readonly upper: number | null;
  count: number;
  share: number;
}

function byLength(rows: readonly SleepDistributionRow[]): readonly Length[] {
  const lengths = new Map<string, Length>();
  for (const { board_uid, chief_id, lower_seconds, upper_seconds, count, share } of rows) {
    const key = JSON.stringify([board_uid, chief_id, lower_seconds]);
    const length = lengths.get(key) ?? {
      chief: chief_id,
      lower: lower_seconds,
      upper: upper_seconds,
      count: 0,
      share: 0,
    };
    length.count += count;
    length.share += share;
    lengths.set(key, length);
  }
  return [...lengths.values()];
}

function distributionText({ sleep_distribution: result }: Pick<Report, 'sleep_distribution'>): string[] {
  if (!result.available) return [];
  return unlessEmpty('How long it sleeps', { available: true, rows: byLength(result.rows) }, [
    ['chief', row => row.chief],
    ['from', row => seconds(row.lower)],
    ['to', row => (row.upper === null ? '' : seconds(row.upper))],
    ['sleeps', row => row.count],
    ['share', row => percent(row.share)],
    ['', row => bar(row.share, 32)],
  ]);
}

function cadenceText({ cadence }: Pick<Report, 'cadence'>): string[] {
  if (!cadence.available || cadence.rows.length === 0) return [];
  return ['', ...cadence.rows.map(({ sentence }) => printable(sentence))];
}

/** The whole sleep study. */
export function sleepText(report: SleepReport): string {
  return [
    sleepStudyText(report),
    ...distributionText(report),
    ...cadenceText(report),
    ...dispatchFailureText(report),
    ...unlessEmpty('Longest streaks of noops', streaks(report), [
      ['chief', row => row.chief_id],
      ['from', row => row.started_at],
      ['noops', row => row.cycles],
      ['their time', row => seconds(row.seconds)],
      ['', row => (row.is_open ? 'still going on' : '')],
    ]),
    ...unlessEmpty('Cycles against depth (waiting + in flight at wake)', report.cycle_by_depth, [
      ['chief', row => row.chief_id],
      ['cycles', row => row.cycles],
      ['depth', row => `${row.min_depth} to ${row.max_depth}`],
      ['Spearman ρ', row => row.spearman?.toFixed(2)],
      ['a task more costs', row => (row.slope_seconds_per_task === null ? null : seconds(row.slope_seconds_per_task))],
    ]),
    ...unlessEmpty('Out of rhythm', report.rhythm_anomalies, [
      ['chief', row => row.chief_id],
      ['measure', row => row.measure],
      ['from', row => row.started_at],
      ['to', row => (row.is_open ? 'still so' : row.ended_at)],
      ['usual', row => row.baseline.toPrecision(3)],
      ['extreme', row => row.extreme.toPrecision(3)],
      ['z', row => row.z.toFixed(1)],
    ]),
  ].join('\n');
}

const MOST_STREAKS = 5;

function streaks({ noop_streaks: result }: Pick<Report, 'noop_streaks'>): SleepReport['noop_streaks'] {
  return result.available ? { ...result, rows: result.rows.filter(({ rank }) => rank <= MOST_STREAKS) } : result;
}
