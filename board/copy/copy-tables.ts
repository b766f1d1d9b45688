import type { Backend } from '../backends/backend.ts';
import type { DataEntry, IdempotencyRecord, Task } from '../core/records.ts';
import { ALL_STANDINGS } from '../reader.ts';
import { inBatches, readInBatches } from '../row-batches.ts';
import type { CopyRun } from './copy-run.ts';

/**
 * Copies everything of a board that is no log, and removes what the source no longer has: an earlier run, or an earlier pass,
 * may have copied what has changed since.
 */
export async function copyTables(run: CopyRun): Promise<void> {
  await copyProfiles(run);
  await copyTasks(run);
  await copyAgents(run);
  await copyData(run);
  await removeData(run);
  await copyIdempotency(run);
}

/** Versions are never changed, so those that are there stay as they are. */
async function copyProfiles(run: CopyRun): Promise<void> {
  const { from, boardId, target } = run;
  const source = await from.readProfiles(boardId);
  const known = await target.backend.readProfiles(target.boardId);
  const profiles = missing(source.profiles, known.profiles, each => [each.profile, each.profile_version]);
  for (const rows of inBatches(profiles)) await run.write({ profiles: rows });
  const types = missing(source.task_types, known.task_types, each => [each.task_type, each.task_type_version]);
  for (const rows of inBatches(types)) await run.write({ task_types: rows });
}

function missing<Row>(wanted: readonly Row[], known: readonly Row[], keyOf: (row: Row) => unknown): Row[] {
  const keys = new Set(known.map(row => JSON.stringify(keyOf(row))));
  return wanted.filter(row => !keys.has(JSON.stringify(keyOf(row))));
}

async function copyTasks(run: CopyRun): Promise<void> {
  const query = { board_id: run.boardId, order: 'task_id', standings: ALL_STANDINGS } as const;
  const pages = readInBatches<Task>((after, limit) => run.from.readTasks({ ...query, ...(after && { after }), limit }));
  for await (const tasks of pages) await run.write({ tasks });
}

async function copyAgents(run: CopyRun): Promise<void> {
  for (const agents of inBatches(await run.from.readAgents(run.boardId))) await run.write({ agents });
}

function dataOf(backend: Backend, board_id: string): AsyncGenerator<readonly DataEntry[]> {
  return readInBatches((last, limit) => backend.readData({ board_id, ...(last && { after: last.key }), limit }));
}

async function copyData(run: CopyRun): Promise<void> {
  for await (const entries of dataOf(run.from, run.boardId)) await run.write({ data_put: entries });
}

/** Removes what has been deleted from the source since it was copied. */
async function removeData(run: CopyRun): Promise<void> {
  const { target } = run;
  for await (const entries of dataOf(target.backend, target.boardId)) {
    const keys = entries.map(entry => entry.key);
    const found = await run.from.readData({ board_id: run.boardId, keys, limit: keys.length });
    const known = new Set(found.map(entry => entry.key));
    const gone = keys.filter(key => !known.has(key));
    if (gone.length > 0) await run.write({ data_deleted: gone });
  }
}

/** A board forgets its oldest keys first: what is older than the oldest it still has is gone. */
async function copyIdempotency(run: CopyRun): Promise<void> {
  let oldest = Number.MAX_SAFE_INTEGER;
  const pages = readInBatches<IdempotencyRecord>((last, limit) =>
    run.from.readIdempotency({ board_id: run.boardId, ...(last && { after: last.idempotency_key }), limit }),
  );
  for await (const idempotency of pages) {
    for (const { created_at } of idempotency) oldest = Math.min(oldest, created_at);
    await run.write({ idempotency });
  }
  await run.write({ idempotency_expired_before: oldest });
}
