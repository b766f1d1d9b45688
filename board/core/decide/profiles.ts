import { errorOf, ValidationError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { BUILTIN_VERSION, builtinLifecycle } from '../lifecycle/builtins.ts';
import { equalDefinitions, lifecycleFromDefinition } from '../lifecycle/definition.ts';
import { faultsOf } from '../lifecycle/faults.ts';
import type { Lifecycle, Route } from '../lifecycle/types.ts';
import type { ProfileRecord, TaskTypeRecord } from '../records.ts';
import type { Micros } from '../time.ts';
import type { ProfileSet } from '../transaction.ts';

/** The profile of a task type that names none. */
const DEFAULT_PROFILE = 'review_required';

/** A profile's name and the version a new task pins. */
export interface PinnedProfile {
  readonly profile: string;
  readonly profile_version: number;
}

const BUILTIN_NAMES = ['review_required', 'fast'] as const;

/** The built-in profiles as records, so that an export explains every profile its tasks name. */
export function builtinProfileRecords(): readonly ProfileRecord[] {
  return BUILTIN_NAMES.map(profile => ({
    profile,
    profile_version: BUILTIN_VERSION,
    definition: builtinLifecycle(profile).definition as unknown as JsonObject,
    registered_at: 0,
  }));
}

/** The name under which a pinned profile is found: `review_required@0`. */
export function profileKey(profile: string, version: number): string {
  return `${profile}@${version}`;
}

/** Everything a board knows of lifecycles, decoded once for each `profiles_version`. Immutable. */
export class ProfileRegistry {
  readonly set: ProfileSet;
  /** Whether the board is an imported event log: nothing governs it, so nothing may be written to it. */
  readonly isUngoverned: boolean;
  readonly #lifecycles = new Map<string, Lifecycle>();
  readonly #latest = new Map<string, number>();
  readonly #profileOfType = new Map<string, TaskTypeRecord>();

  constructor(set: ProfileSet, resumable: boolean) {
    this.set = set;
    for (const name of BUILTIN_NAMES) {
      this.#lifecycles.set(profileKey(name, BUILTIN_VERSION), builtinLifecycle(name, { resumable }));
      this.#latest.set(name, BUILTIN_VERSION);
    }
    for (const record of set.profiles) {
      const lifecycle = lifecycleFromDefinition(record.definition, { resumable });
      this.#lifecycles.set(profileKey(record.profile, record.profile_version), lifecycle);
      this.#latest.set(record.profile, Math.max(record.profile_version, this.#latest.get(record.profile) ?? 0));
    }
    this.isUngoverned = [...this.#lifecycles.values()].some(lifecycle => lifecycle.isUngoverned);
    for (const record of set.task_types) {
      const known = this.#profileOfType.get(record.task_type);
      if (known === undefined || known.task_type_version < record.task_type_version) {
        this.#profileOfType.set(record.task_type, record);
      }
    }
  }

  /**
   * The lifecycle a task has pinned.
   *
   * @throws TransitionError (`unknown_profile`)
   */
  lifecycle(profile: string, version: number): Lifecycle {
    const found = this.#lifecycles.get(profileKey(profile, version));
    if (found === undefined) throw errorOf('unknown_profile', `Unknown task profile: ${profile}`);
    return found;
  }

  /**
   * The profile a new task of this type pins.
   *
   * @throws TransitionError (`unknown_profile`) where the type names a profile that was never registered.
   */
  profileOf(taskType: string): PinnedProfile {
    const profile = this.#profileOfType.get(taskType)?.profile ?? DEFAULT_PROFILE;
    const version = this.#latest.get(profile);
    if (version === undefined) throw errorOf('unknown_profile', `Unknown task profile: ${profile}`);
    return { profile, profile_version: version };
  }

  /** Every registered version with its key, the built-ins first. */
  all(): IterableIterator<[string, Lifecycle]> {
    return this.#lifecycles.entries();
  }

  /** `profile@version` → wait status → what the Chief may dispatch from there. */
  routes(): Readonly<Record<string, Readonly<Record<string, Route>>>> {
    return Object.fromEntries(Array.from(this.all(), ([key, { routes }]) => [key, Object.fromEntries(routes)]));
  }

  /** COMPLETE, HUMAN_REVIEW, ON_HOLD and every custom terminal, sorted (Q27). */
  terminalStatuses(): readonly string[] {
    const all = new Set(['COMPLETE', 'HUMAN_REVIEW', 'ON_HOLD']);
    for (const lifecycle of this.#lifecycles.values()) for (const status of lifecycle.terminals) all.add(status);
    return [...all].sort();
  }
}

/** What a process declares when it opens a board. */
export interface Registration {
  readonly lifecycles: readonly Lifecycle[];
  /** Task type → profile name. */
  readonly taskTypes: Readonly<Record<string, string>>;
  /** Make an earlier definition the newest again, where otherwise it is taken for an older process's. */
  readonly restore: boolean;
}

/**
 * The rows a registration adds. An equal definition is no new version, and neither is one that equals an earlier
 * version, for it comes from an older process, which may not overwrite a newer one.
 *
 * @throws ValidationError (`invalid_lifecycle`) naming every fault of every profile.
 */
export function registrationOf(known: ProfileSet, wanted: Registration, now: Micros): ProfileSet {
  const faults = wanted.lifecycles.flatMap(each => faultsOf(each.definition).map(fault => `${each.name}: ${fault}`));
  const profiles = wanted.lifecycles.flatMap(each => newVersion(known.profiles, each, wanted.restore, now));
  const names = new Set<string>([...BUILTIN_NAMES, ...[...known.profiles, ...profiles].map(each => each.profile)]);
  for (const [type, profile] of Object.entries(wanted.taskTypes)) {
    if (!names.has(profile)) faults.push(`task type ${type} names the unknown profile ${profile}`);
  }
  if (faults.length > 0) {
    throw new ValidationError('invalid_lifecycle', `This lifecycle cannot be used: ${faults.join('; ')}`, {
      details: { faults },
    });
  }
  const task_types = Object.entries(wanted.taskTypes).flatMap(([type, profile]) =>
    newTaskType(known.task_types, type, profile, wanted.restore, now),
  );
  return { profiles, task_types };
}

function newVersion(
  known: readonly ProfileRecord[],
  lifecycle: Lifecycle,
  restore: boolean,
  now: Micros,
): readonly ProfileRecord[] {
  const versions = known.filter(each => each.profile === lifecycle.name);
  const latest = Math.max(0, ...versions.map(each => each.profile_version));
  const definition = lifecycle.definition as unknown as JsonObject;
  const isKnown = versions.some(
    each => (!restore || each.profile_version === latest) && equalDefinitions(each.definition, definition),
  );
  if (isKnown) return [];
  return [{ profile: lifecycle.name, profile_version: latest + 1, definition, registered_at: now }];
}

function newTaskType(
  known: readonly TaskTypeRecord[],
  taskType: string,
  profile: string,
  restore: boolean,
  now: Micros,
): readonly TaskTypeRecord[] {
  const versions = known.filter(each => each.task_type === taskType);
  const latest = Math.max(0, ...versions.map(each => each.task_type_version));
  const isKnown = versions.some(each => (!restore || each.task_type_version === latest) && each.profile === profile);
  if (isKnown) return [];
  return [{ task_type: taskType, task_type_version: latest + 1, profile, registered_at: now }];
}
