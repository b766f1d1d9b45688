import { checkLists, checkNames, checkValues, checkWindows } from './check-rules.ts';
import {
  ALERT_NAMES,
  DEFAULT_RULES,
  type ResolvedAlerts,
  type ResolvedRules,
  type RuleOptions,
} from './rule-options.ts';

/**
 * Fills in the defaults.
 *
 * @throws ConfigurationError (`invalid_configuration`) for a value that cannot be, and for a name that is no option.
 */
export function resolveRules(options: RuleOptions): ResolvedRules {
  const resolved: ResolvedRules = { ...DEFAULT_RULES, ...given(options), ...resolveAlerts(options) };
  checkNames('rules', resolved, DEFAULT_RULES);
  checkValues('', resolved, DEFAULT_RULES);
  for (const name of ALERT_NAMES) {
    checkNames(name, resolved[name], DEFAULT_RULES[name]);
    checkValues(`${name}.`, resolved[name], DEFAULT_RULES[name]);
  }
  checkLists(resolved);
  checkWindows(resolved);
  return resolved;
}

function resolveAlerts(options: RuleOptions): ResolvedAlerts {
  const usual = DEFAULT_RULES;
  return {
    ChiefAsleepWithStrandedWork: {
      ...usual.ChiefAsleepWithStrandedWork,
      ...given(options.ChiefAsleepWithStrandedWork),
    },
    ChiefNotWaking: { ...usual.ChiefNotWaking, ...given(options.ChiefNotWaking) },
    NoopRateHigh: { ...usual.NoopRateHigh, ...given(options.NoopRateHigh) },
    StageAgeingPastP95: { ...usual.StageAgeingPastP95, ...given(options.StageAgeingPastP95) },
    StaleBurst: { ...usual.StaleBurst, ...given(options.StaleBurst) },
    OmbudsmanSilent: { ...usual.OmbudsmanSilent, ...given(options.OmbudsmanSilent) },
    ExporterLag: { ...usual.ExporterLag, ...given(options.ExporterLag) },
    RevisionRateJump: { ...usual.RevisionRateJump, ...given(options.RevisionRateJump) },
  };
}

/** An option that is undefined is one that is not given. */
function given<Options extends object>(options: Options | undefined): Options | undefined {
  if (options === undefined) return undefined;
  const copy = { ...options };
  for (const [name, value] of Object.entries(copy)) if (value === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}
