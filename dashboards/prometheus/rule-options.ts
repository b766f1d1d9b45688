/** How loud an alert is: `critical` where work stands still now, `warning` where somebody should look today. */
export type Severity = 'critical' | 'warning' | 'info';

/** What every alert lets you set. Times are written as Prometheus writes them: `30s`, `5m`, `1h30m`, `7d`. */
export interface AlertOptions {
  /** How long it must hold before the alert fires. */
  readonly for?: string;
  /** The label `severity`. */
  readonly severity?: Severity;
}

/** ChiefAsleepWithStrandedWork: a task and an idle agent wait for each other, and the Chief sleeps. */
export interface StrandedWorkOptions extends AlertOptions {
  /** From how many such tasks on, of one capability. Default 1: one is one too many. `for` is 1m: a living Chief looks again after 10 s. */
  readonly tasks?: number;
}

/** ChiefNotWaking: there is something to wake for, and nobody wakes. */
export interface NotWakingOptions extends AlertOptions {
  /** Since when no finished cycle began. Default 5m: longer than nearly all cycles last, for a cycle is seen when it is over. */
  readonly silence?: string;
}

/** NoopRateHigh: most of what wakes the Chief needs nothing of it. */
export interface NoopRateOptions extends AlertOptions {
  /** Of the reactive cycles, above which share. Default 0.8: where all agents are busy each post is a noop, and a third is usual. */
  readonly share?: number;
  /** Reactive cycles in the window, below which a share says nothing. Default 50. */
  readonly cycles?: number;
  /** Over how long they are counted. Default 30m. */
  readonly window?: string;
}

/** StageAgeingPastP95: a task has been in a status for much longer than nearly all before it. */
export interface StageAgeingOptions extends AlertOptions {
  /**
   * How many times the p95 the oldest task's age must be. Default 2: at 1 every twentieth visit fires, and of 20 tasks that are
   * in a status at once one is past its p95 at any time.
   */
  readonly factor?: number;
  /** Visits in the history, below which its p95 says nothing: of 20, one lies beyond. Default 20. */
  readonly visits?: number;
}

/** StaleBurst: many stages lost their worker at about the same time. */
export interface StaleBurstOptions extends AlertOptions {
  /** From how many stages on. Default 5: fewer are single workers. */
  readonly count?: number;
  /** And of all visits to working stages that ended, from which share on. Default 0.05: a large board loses a few every hour. */
  readonly share?: number;
  /** Over how long they are counted. Default 10m. */
  readonly window?: string;
}

/** OmbudsmanSilent: agents are at work, and nobody looks whether they are alive. */
export interface OmbudsmanSilentOptions extends AlertOptions {
  /** Since when no tick ended. Default 5m: ten ticks of the default 30 s. */
  readonly silence?: string;
}

/** ExporterLag: an exporter does not come to the log's end. */
export interface ExporterLagOptions extends AlertOptions {
  /** Events that it must never have been below in the window. Default 10,000. */
  readonly events?: number;
  /** The same where the lag also grows. Default 100: on a busy board a few are always on their way. */
  readonly growingFrom?: number;
  /** How long. Default 10m. */
  readonly window?: string;
}

/** RevisionRateJump: reviewers send back much more than they used to. */
export interface RevisionJumpOptions extends AlertOptions {
  /** How many times the history's rate. Default 2. */
  readonly factor?: number;
  /** And by how much it must be above it: from 1 % to 2 % is no news. Default 0.1. */
  readonly rise?: number;
  /** Review decisions in the window, below which their rate says nothing. Default 30. */
  readonly decisions?: number;
  /** Review decisions in the history before it, the same. Default 100. */
  readonly historyDecisions?: number;
  /** What counts as recent. Default 1h. */
  readonly window?: string;
}

/** How rules are written. Every option has a default; times are written as Prometheus writes them: `30s`, `5m`, `7d`. */
export interface RuleOptions {
  /**
   * The labels that tell two readers of one board apart. They show the same totals, so the rules take the largest instead of
   * adding them up; all other labels of a target (`board`, `job`, …) are kept. Default `['instance', 'pod']`.
   */
  readonly replicaLabels?: readonly string[];
  /** How often the rules are evaluated. Default `30s`. */
  readonly interval?: string;
  /** Over how long rates of recording rules are taken. Default `5m`: some scrapes must lie in it. */
  readonly rateWindow?: string;
  /** Over how long quantiles and shares of recording rules are taken. Default `1h`: a p95 needs twenty values and more. */
  readonly quantileWindow?: string;
  /** What counts as a board's own history. Default `7d`: every weekday once. */
  readonly historyWindow?: string;
  /** Events up to which a reader counts as being at the log's end; what one that is further behind does not know is no fault. Default 1,000. */
  readonly caughtUpEvents?: number;
  /** Where docs/alerts.md is published; each alert then has a `runbook_url` there. Default: none, only the `runbook` line. */
  readonly runbookUrl?: string;
  /** Alerts to leave out, such as `OmbudsmanSilent` on a board that has no Ombudsman. Default: none. */
  readonly leaveOut?: readonly AlertName[];
  readonly ChiefAsleepWithStrandedWork?: StrandedWorkOptions;
  readonly ChiefNotWaking?: NotWakingOptions;
  readonly NoopRateHigh?: NoopRateOptions;
  readonly StageAgeingPastP95?: StageAgeingOptions;
  readonly StaleBurst?: StaleBurstOptions;
  readonly OmbudsmanSilent?: OmbudsmanSilentOptions;
  readonly ExporterLag?: ExporterLagOptions;
  readonly RevisionRateJump?: RevisionJumpOptions;
}

/** Options of which none is left open. */
export type Whole<Options> = { readonly [Key in keyof Options]-?: Options[Key] };

/** The options of each alert, by its name, none left open. */
export interface ResolvedAlerts {
  readonly ChiefAsleepWithStrandedWork: Whole<StrandedWorkOptions>;
  readonly ChiefNotWaking: Whole<NotWakingOptions>;
  readonly NoopRateHigh: Whole<NoopRateOptions>;
  readonly StageAgeingPastP95: Whole<StageAgeingOptions>;
  readonly StaleBurst: Whole<StaleBurstOptions>;
  readonly OmbudsmanSilent: Whole<OmbudsmanSilentOptions>;
  readonly ExporterLag: Whole<ExporterLagOptions>;
  readonly RevisionRateJump: Whole<RevisionJumpOptions>;
}

/** The name of an alert. */
export type AlertName = keyof ResolvedAlerts;

/** Options with every default filled in. */
export interface ResolvedRules extends ResolvedAlerts, Whole<Omit<RuleOptions, AlertName | 'runbookUrl'>> {
  readonly runbookUrl: string | null;
}

/** The defaults; the reason for each stands with its option. */
export const DEFAULT_RULES: ResolvedRules = {
  replicaLabels: ['instance', 'pod'],
  interval: '30s',
  rateWindow: '5m',
  quantileWindow: '1h',
  historyWindow: '7d',
  caughtUpEvents: 1000,
  runbookUrl: null,
  leaveOut: [],
  ChiefAsleepWithStrandedWork: { tasks: 1, for: '1m', severity: 'critical' },
  ChiefNotWaking: { silence: '5m', for: '1m', severity: 'critical' },
  NoopRateHigh: { share: 0.8, cycles: 50, window: '30m', for: '15m', severity: 'warning' },
  StageAgeingPastP95: { factor: 2, visits: 20, for: '5m', severity: 'warning' },
  StaleBurst: { count: 5, share: 0.05, window: '10m', for: '0s', severity: 'warning' },
  OmbudsmanSilent: { silence: '5m', for: '1m', severity: 'warning' },
  ExporterLag: { events: 10_000, growingFrom: 100, window: '10m', for: '5m', severity: 'warning' },
  RevisionRateJump: {
    factor: 2,
    rise: 0.1,
    decisions: 30,
    historyDecisions: 100,
    window: '1h',
    for: '10m',
    severity: 'warning',
  },
};

/** The alerts, in the order of their file. */
export const ALERT_NAMES: readonly AlertName[] = [
  'ChiefAsleepWithStrandedWork',
  'ChiefNotWaking',
  'NoopRateHigh',
  'StageAgeingPastP95',
  'StaleBurst',
  'OmbudsmanSilent',
  'ExporterLag',
  'RevisionRateJump',
];
