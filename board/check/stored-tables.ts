import type { Backend } from '../backends/backend.ts';
import type { BoardRecord, DataEntry, IdempotencyRecord } from '../core/records.ts';
import { readInBatches } from '../row-batches.ts';
import type { TableSource } from '../table-source.ts';
import type { TableDigests } from './table-digests.ts';

/** A source that is a board in a database, as a `Board` is; an exported log is none. */
export interface StoredSource extends TableSource {
  readonly backend: Backend;
  readonly boardId: string;
}

/** Whether a source is a board in a database. */
export function isStored(source: TableSource): source is StoredSource {
  return 'backend' in source && 'boardId' in source;
}

/** Adds the tables that a check reads for no other reason, in the order of their keys. */
export async function digestStored(source: StoredSource, board: BoardRecord, digests: TableDigests): Promise<void> {
  const { backend, boardId: board_id } = source;
  digests.add('boards', board);
  const { profiles, task_types } = await backend.readProfiles(board_id);
  for (const profile of profiles) digests.add('profiles', profile);
  for (const type of task_types) digests.add('task_types', type);
  for (const agent of await backend.readAgents(board_id)) digests.add('agents', agent);
  const data = readInBatches<DataEntry>((last, limit) =>
    backend.readData({ board_id, ...(last && { after: last.key }), limit }),
  );
  for await (const entries of data) for (const entry of entries) digests.add('data_entries', entry);
  const keys = readInBatches<IdempotencyRecord>((last, limit) =>
    backend.readIdempotency({ board_id, ...(last && { after: last.idempotency_key }), limit }),
  );
  for await (const records of keys) for (const record of records) digests.add('idempotency_keys', record);
}
