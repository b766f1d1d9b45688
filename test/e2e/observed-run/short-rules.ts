import type { AlertName, RuleOptions } from '../../../dashboards/prometheus/index.ts';
import type { PhaseName } from '../../support/observed-run.ts';

/** The rules of a board whose hours last seconds. */
export const SHORT_RULES: RuleOptions = {
  interval: '500ms',
  rateWindow: '5s',
  quantileWindow: '30s',
  historyWindow: '20s',
  ChiefAsleepWithStrandedWork: { for: '1s' },
  ChiefNotWaking: { silence: '2s', for: '1s' },
  NoopRateHigh: { cycles: 10, window: '3s', for: '500ms' },
  StageAgeingPastP95: { visits: 5, for: '2s' },
  StaleBurst: { count: 3, window: '5s' },
  OmbudsmanSilent: { silence: '2s', for: '1s' },
  ExporterLag: { events: 60, growingFrom: 20, window: '2s', for: '1s' },
  RevisionRateJump: { decisions: 5, historyDecisions: 5, window: '4s', for: '1s' },
};

/** Alert → the phase of the run that has its cause. */
export const CAUSES: Readonly<Record<AlertName, PhaseName>> = {
  ChiefAsleepWithStrandedWork: 'asleep',
  ChiefNotWaking: 'stopped',
  NoopRateHigh: 'noise',
  StageAgeingPastP95: 'stopped',
  StaleBurst: 'stall',
  OmbudsmanSilent: 'unwatched',
  ExporterLag: 'rejecting',
  RevisionRateJump: 'rejecting',
};
