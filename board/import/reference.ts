import type { Backend } from '../backends/backend.ts';
import { FLIGHT_LOG_PREFIX } from '../core/decide/records.ts';
import { errorOf } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { faultsOf } from '../core/lifecycle/faults.ts';
import { createLifecycle } from '../core/lifecycle/lifecycle.ts';
import type { LifecycleDefinition } from '../core/lifecycle/types.ts';
import type { BoardRecord, ProfileRecord, TaskTypeRecord } from '../core/records.ts';
import { isoOf } from '../core/time.ts';
import { type Changes, NO_CHANGES } from '../core/transaction.ts';
import { foldLog, ImportedLifecycles, INFERRED_VERSION } from './fold-log.ts';
import { writeImport } from './import-target.ts';
import { importedAgents, importedFlightLog, importedTasks, latestTime } from './imported-rows.ts';
import { importedUid } from './imported-uid.ts';
import { inferLifecycle } from './infer-lifecycle.ts';
import {
  type ReadReferenceOptions,
  type ReferenceBoard,
  type ReferenceEvent,
  readReferenceFile,
} from './reference-file.ts';
import { seenProfiles } from './seen-profiles.ts';

export type { ImportProgress } from './reference-file.ts';

/** Where an import goes. */
export interface ImportReferenceOptions extends ReadReferenceOptions {
  /** The database to import into; it is opened where it is not yet, and the caller closes it. */
  readonly into: Backend;
  /** The name of the board to make there. Default `default`. */
  readonly boardId?: string;
}

/** A profile that was inferred from the log. */
export interface ImportedProfile {
  readonly profile: string;
  readonly profile_version: number;
  readonly columns: readonly string[];
  /** For what a board would refuse it were it declared: a log that ends early may not show any end. */
  readonly faults: readonly string[];
}

/** What an import brought. */
export interface ImportSummary {
  readonly board_id: string;
  readonly board_uid: string;
  readonly events: number;
  /** The last `sequence_id` of the import: the board's `imported_until`. */
  readonly imported_until: number;
  /** Archived ones too. */
  readonly tasks: number;
  readonly archived_tasks: number;
  readonly agents: number;
  readonly data_entries: number;
  /** Transitions whose `from_status` is not where the event before left the task. */
  readonly unlinked: number;
  readonly profiles: readonly ImportedProfile[];
}

/**
 * Imports a board of the reference implementation (its `board.db`): numbers, times and payloads as they are, lifecycles
 * inferred, broken links marked. It is one transaction: whatever stops it leaves no board, or the whole one. The file is read
 * into memory, about 2 KB an event.
 *
 * @example const { board_uid } = await importReference('board.db', { into: sqlite({ file: 'newsroom.db' }) });
 * @throws ValidationError (`invalid_source`) where the file is no such board or the target board is not empty; StorageError;
 * the signal's reason.
 */
export async function importReference(file: string, options: ImportReferenceOptions): Promise<ImportSummary> {
  const { into, boardId = 'default', onProgress, signal } = options;
  // Before the target is opened: a file that is no such board makes none.
  const source = await readReferenceFile(file, { onProgress, signal });
  const [first] = source.events;
  const last = source.events.at(-1);
  if (first === undefined || last === undefined) {
    throw errorOf('invalid_source', `${file} holds no events: there is nothing to import`);
  }
  await into.open();
  const { changes, summary } = rowsOf(source, boardId, first, last);
  await writeImport(into, boardId, { changes });
  return summary;
}

interface Imported {
  readonly changes: Changes;
  readonly summary: ImportSummary;
}

function rowsOf(source: ReferenceBoard, boardId: string, first: ReferenceEvent, last: ReferenceEvent): Imported {
  const profiles = seenProfiles(source);
  const capabilities = new Map(source.agents.map(agent => [agent.agent_id, agent.capabilities]));
  const definitions = profiles.custom.map(seen => inferLifecycle(seen, capabilities));
  const lifecycles = new ImportedLifecycles(definitions);
  const folded = foldLog(source.events, source.tasks, profiles, lifecycles);
  const tasks = importedTasks(source, folded, profiles, lifecycles);
  const agents = importedAgents(source.agents, tasks, source.events, lifecycles);
  const flight_log = importedFlightLog(source.data);
  const data_put = source.data.filter(({ key }) => !key.startsWith(FLIGHT_LOG_PREFIX));
  const created_at = first.timestamp;
  const board: BoardRecord = {
    board_id: boardId,
    board_uid: importedUid(String(first.sequence_id), first.task_id, isoOf(first.timestamp)),
    created_at,
    last_timestamp: latestTime(source),
    next_sequence_id: last.sequence_id + 1,
    next_cycle_sequence_id: 1,
    next_tick_sequence_id: 1,
    next_entry_id: flight_log.length + 1,
    profiles_version: 1,
    resumable: false,
    imported_until: last.sequence_id,
  };
  const changes: Changes = {
    ...NO_CHANGES,
    board,
    tasks,
    agents,
    events: folded.events,
    flight_log,
    data_put,
    profiles: definitions.map(definition => profileRecord(definition, created_at)),
    task_types: taskTypes(profiles.profileOfType, created_at),
  };
  return { changes, summary: summaryOf(changes, definitions) };
}

function summaryOf(
  { board, tasks, agents, events, data_put }: Changes,
  definitions: readonly LifecycleDefinition[],
): ImportSummary {
  return {
    board_id: board.board_id,
    board_uid: board.board_uid,
    events: events.length,
    imported_until: board.next_sequence_id - 1,
    tasks: tasks.length,
    archived_tasks: tasks.filter(task => task.standing === 'archived').length,
    agents: agents.length,
    data_entries: data_put.length,
    unlinked: events.filter(event => event.edge === 'unlinked').length,
    profiles: definitions.map(definition => ({
      profile: definition.name,
      profile_version: INFERRED_VERSION,
      columns: definition.columns,
      faults: faultsOf(definition),
    })),
  };
}

function profileRecord(definition: LifecycleDefinition, registered_at: number): ProfileRecord {
  const stored = createLifecycle(definition).definition as unknown as JsonObject;
  return { profile: definition.name, profile_version: INFERRED_VERSION, definition: stored, registered_at };
}

function taskTypes(profileOfType: ReadonlyMap<string, string>, registered_at: number): TaskTypeRecord[] {
  return [...profileOfType].map(([task_type, profile]) => ({
    task_type,
    task_type_version: 1,
    profile,
    registered_at,
  }));
}
