import { ConfigurationError } from '../../board/core/errors.ts';
import { METRICS } from '../../exporters/prometheus/names.ts';
import { ALERT_NAMES, type ResolvedRules } from './rule-options.ts';

const SEVERITIES = ['critical', 'warning', 'info'];
/** Options that are a part of a whole. */
const SHARES: ReadonlySet<string> = new Set(['share', 'rise']);
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;
const LABEL = /^[a-zA-Z_]\w*$/;

/** Seconds of a time as Prometheus writes it, or NaN where it is none. */
export function secondsOf(duration: string): number {
  if (duration === '' || !DURATION.test(duration)) return Number.NaN;
  const parts = duration.matchAll(/(\d+)([a-z]+)/g);
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0), 0);
}

function fail(message: string, details: Readonly<Record<string, unknown>>): never {
  throw new ConfigurationError('invalid_configuration', message, { details });
}

/** Refuses a name that is no option. */
export function checkNames(of: string, options: object, known: object): void {
  const unknown = Object.keys(options).filter(name => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  fail(`${of} have no option ${unknown.join(', ')}; there are ${Object.keys(known).join(', ')}`, { unknown });
}

/** Checks times, numbers and severities: the default of an option tells which of them it is. */
export function checkValues(prefix: string, options: object, defaults: object): void {
  for (const [name, usual] of Object.entries(defaults)) {
    const option = `${prefix}${name}`;
    const value: unknown = Reflect.get(options, name);
    const wanted = wantedOf(name, usual, value);
    if (wanted !== null) fail(`${option} must be ${wanted}, not ${String(value)}`, { option });
  }
}

/** What an option must be, where its value is not; else null. */
function wantedOf(name: string, usual: unknown, value: unknown): string | null {
  if (name === 'severity') return SEVERITIES.some(each => each === value) ? null : `one of ${SEVERITIES.join(', ')}`;
  if (typeof usual === 'string') {
    const seconds = typeof value === 'string' ? secondsOf(value) : Number.NaN;
    // `for` may be nothing; a window may not.
    if (seconds > 0 || (seconds === 0 && name === 'for')) return null;
    return 'a time above 0, such as 30s, 5m or 1h30m';
  }
  if (typeof usual !== 'number') return null;
  const most = SHARES.has(name) ? 1 : Number.MAX_VALUE;
  if (typeof value === 'number' && value > 0 && value <= most) return null;
  return most === 1 ? 'a share above 0 and up to 1' : 'a number above 0';
}

/** Checks the lists of names, and the address of the runbooks. */
export function checkLists({ replicaLabels, leaveOut, runbookUrl }: ResolvedRules): void {
  const own = new Set(METRICS.flatMap(spec => spec.labels));
  for (const label of replicaLabels) {
    if (!LABEL.test(label)) fail(`replicaLabels: ${label} is no name of a label`, { label });
    if (own.has(label)) fail(`replicaLabels: ${label} is a label of the metrics, not of who reads them`, { label });
  }
  for (const name of leaveOut) {
    if (!ALERT_NAMES.includes(name))
      fail(`leaveOut: there is no alert ${name}, only ${ALERT_NAMES.join(', ')}`, { name });
  }
  if (runbookUrl !== null && !URL.canParse(runbookUrl)) fail(`runbookUrl is no URL: ${runbookUrl}`, { runbookUrl });
}

/** A history must reach further back than what is compared with it. */
export function checkWindows({ historyWindow, RevisionRateJump: { window } }: ResolvedRules): void {
  if (secondsOf(historyWindow) > secondsOf(window)) return;
  fail(`historyWindow (${historyWindow}) must be longer than RevisionRateJump.window (${window})`, { historyWindow });
}
