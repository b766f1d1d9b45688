import { QuadroError } from '../../board/core/errors.ts';
import type { Json, JsonObject } from '../../board/core/json.ts';
import { DEFAULT_MAX_LABEL_SETS, Family, type FamilyOptions } from './family.ts';
import { labelValueOf } from './label-values.ts';
import { DEFAULT_LADDERS, type MetricSpec } from './metric-spec.ts';
import type { LabelValues, Observation } from './observation.ts';

const FORMAT = 2;

/** What totals are a function of, beside the log. Those of others cannot be gone on with: the log is then read anew. */
export interface TotalsOptions extends FamilyOptions {
  /**
   * For how long a Chief may sleep while work is stranded before it counts in `quadro_dispatch_failure_seconds_total`, in
   * seconds. Default 1.
   */
  readonly dispatchGraceSeconds?: number;
}

/** The grace where the option does not say. */
export const DEFAULT_DISPATCH_GRACE_SECONDS = 1;

/** Running totals of some metrics: plain numbers that are saved with a cursor, and shown through prom-client. */
export class Totals {
  readonly families: ReadonlyMap<MetricSpec, Family>;
  readonly #shape: string;

  constructor(specs: readonly MetricSpec[], options: TotalsOptions = {}) {
    checkOptions(options);
    const { maxLabelSets = DEFAULT_MAX_LABEL_SETS, dispatchGraceSeconds = DEFAULT_DISPATCH_GRACE_SECONDS } = options;
    this.families = new Map(specs.map(spec => [spec, new Family(spec, options)]));
    const shapes = specs.map(spec => [spec.name, this.family(spec).labelNames, this.family(spec).bounds]);
    this.#shape = JSON.stringify([FORMAT, maxLabelSets, dispatchGraceSeconds, shapes]);
    this.#startSeries();
  }

  /** The family of a metric. */
  family(spec: MetricSpec): Family {
    const family = this.families.get(spec);
    if (family === undefined) throw new QuadroError('internal_error', `${spec.name} is not kept here`);
    return family;
  }

  /** Adds one observation. */
  apply(observation: Observation): void {
    const family = this.family(observation.metric);
    if (observation.kind === 'zero') {
      for (const series of family.series) series.value = 0;
      return;
    }
    const series = family.at(observation.labels.map(labelValueOf));
    if (observation.kind === 'observe') family.observe(series, observation.value, observation.exemplar);
    else if (observation.kind === 'set') series.value = observation.to;
    else series.value += observation.by;
  }

  /** The totals as JSON; examples stay behind, as the next observations bring new ones. */
  save(): JsonObject {
    const families: Record<string, Json> = {};
    for (const [spec, family] of this.families) {
      families[spec.name] = [...family.series].map(({ values, value, counts }) => [values, value, [...counts]]);
    }
    return { shape: this.#shape, families };
  }

  /**
   * Goes on from saved totals. Answers false, and holds nothing, where they were kept with other buckets, labels or
   * metrics: they are a function of the log, so reading it again from its start gives them.
   */
  restore(saved: JsonObject): boolean {
    for (const family of this.families.values()) family.clear();
    const { shape, families } = saved as { shape?: Json; families?: SavedFamilies };
    const isUsable = shape === this.#shape && families !== undefined;
    if (isUsable) for (const [spec, family] of this.families) restoreFamily(family, families[spec.name] ?? []);
    this.#startSeries();
    return isUsable;
  }

  /** A counter without labels begins at 0, or `increase()` would miss its first event. */
  #startSeries(): void {
    for (const [spec, family] of this.families) {
      if (spec.type === 'counter' && family.labelNames.length === 0) family.at([]);
    }
  }
}

type SavedFamilies = Readonly<Record<string, readonly (readonly [LabelValues, number, readonly number[]])[]>>;

function restoreFamily(family: Family, saved: SavedFamilies[string]): void {
  for (const [values, value, counts] of saved) {
    const series = family.atKept(values);
    series.value += value;
    for (const [bucket, count] of counts.entries()) series.counts[bucket] = (series.counts[bucket] ?? 0) + count;
  }
}

function checkOptions({ buckets = {}, maxLabelSets = 1, dispatchGraceSeconds = 0 }: TotalsOptions): void {
  if (!Number.isInteger(maxLabelSets) || maxLabelSets < 1) {
    throw new QuadroError(
      'invalid_configuration',
      `maxLabelSets must be a whole number from 1 on, not ${maxLabelSets}`,
    );
  }
  if (!(Number.isFinite(dispatchGraceSeconds) && dispatchGraceSeconds >= 0)) {
    throw new QuadroError(
      'invalid_configuration',
      `dispatchGraceSeconds must be a number from 0 on, not ${dispatchGraceSeconds}`,
    );
  }
  for (const [ladder, bounds] of Object.entries(buckets)) {
    if (!Object.hasOwn(DEFAULT_LADDERS, ladder)) {
      const known = Object.keys(DEFAULT_LADDERS).join(', ');
      throw new QuadroError('invalid_configuration', `There is no ladder ${ladder}: buckets takes ${known}`);
    }
    const rises = bounds.every((bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? 0));
    if (bounds.length > 0 && rises) continue;
    throw new QuadroError('invalid_configuration', `buckets.${ladder} must be numbers above 0 that rise`);
  }
}
