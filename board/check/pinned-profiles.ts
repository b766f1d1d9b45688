import { quadroErrorOf } from '../core/errors.ts';
import { lifecycleFromDefinition } from '../core/lifecycle/definition.ts';
import type { Lifecycle } from '../core/lifecycle/types.ts';
import type { Event } from '../core/records.ts';
import type { TableSource } from '../table-source.ts';
import type { FaultList } from './faults.ts';

/** The lifecycles that an event's task may follow: the version its row pins, or any where no row tells. */
export class PinnedProfiles {
  readonly #versions: ReadonlyMap<string, ReadonlyMap<number, Lifecycle>>;
  readonly #pins: ReadonlyMap<string, number>;
  readonly #reported = new Set<string>();

  constructor(
    versions: ReadonlyMap<string, ReadonlyMap<number, Lifecycle>>,
    pins: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#versions = versions;
    this.#pins = pins;
  }

  /** Empty where the profile is not known; the first time, that is a fault. */
  of(event: Event, faults: FaultList, inherited: boolean): readonly Lifecycle[] {
    const versions = this.#versions.get(event.profile);
    if (versions === undefined) {
      if (!this.#reported.has(event.profile)) {
        this.#reported.add(event.profile);
        const { sequence_id, task_id } = event;
        const message = `Event ${sequence_id} follows the profile ${event.profile}, which the board does not know`;
        faults.add('unknown_profile', message, { sequence_id, task_id, inherited });
      }
      return [];
    }
    const pinned = versions.get(this.#pins.get(event.task_id) ?? -1);
    return pinned === undefined ? [...versions.values()] : [pinned];
  }
}

/** Reads the profiles of a source and, only where one has several versions, which of them each task has pinned. */
export async function pinnedProfiles(source: TableSource, faults: FaultList): Promise<PinnedProfiles> {
  const all = new Map<string, Map<number, Lifecycle>>();
  for await (const { profile, profile_version, definition } of source.profiles()) {
    try {
      // The ways back are an option that may be switched on and off, and the log does not say when.
      const lifecycle = lifecycleFromDefinition(definition, { resumable: true });
      const versions = all.get(profile) ?? new Map<number, Lifecycle>();
      all.set(profile, versions.set(profile_version, lifecycle));
    } catch (error) {
      const message = `Version ${profile_version} of profile ${profile} cannot be read: ${quadroErrorOf(error).message}`;
      faults.add('unknown_profile', message, { inherited: false });
    }
  }
  const isVersioned = (profile: string): boolean => (all.get(profile)?.size ?? 0) > 1;
  const pins = new Map<string, number>();
  if ([...all.keys()].some(isVersioned) && !source.absentTables?.has('tasks')) {
    for await (const task of source.tasks()) {
      if (isVersioned(task.profile)) pins.set(task.task_id, task.profile_version);
    }
  }
  return new PinnedProfiles(all, pins);
}
