import { randomUUID } from 'node:crypto';
import { Board } from './board.ts';
import { type BoardOptions, type ResolvedBoardOptions, resolveBoardOptions } from './board-options.ts';
import { refuseUnfinishedCopy } from './copy/copy-mark.ts';
import { ProfileRegistry, registrationOf } from './core/decide/profiles.ts';
import { errorOf } from './core/errors.ts';
import { newBoard } from './core/new-board.ts';
import type { BoardRecord } from './core/records.ts';
import { NO_CHANGES } from './core/transaction.ts';
import { refuseUngoverned } from './refuse-ungoverned.ts';

/** The board's row and registry, made where they are not there, with what this process registers added. */
async function establish(options: ResolvedBoardOptions): Promise<{ record: BoardRecord; registry: ProfileRegistry }> {
  const { backend, boardId } = options;
  const uid = randomUUID();
  const keys = {
    board_id: boardId,
    task_ids: [],
    agent_ids: [],
    idempotency_keys: [],
    data_keys: ['_col_order'],
    profiles_version: -1,
    reads_leases: true,
  };
  return backend.transact(keys, snapshot => {
    refuseUnfinishedCopy(snapshot.leases.values(), boardId, backend.location);
    const now = options.clock();
    const known = snapshot.board ?? newBoard(boardId, uid, now);
    if (snapshot.board === null && options.mustExist) {
      throw errorOf('board_not_found', `There is no board ${boardId} in ${backend.location}`);
    }
    const set = snapshot.profiles ?? { profiles: [], task_types: [] };
    const { lifecycles, taskTypes, restoreLifecycles } = options;
    const added = registrationOf(set, { lifecycles, taskTypes, restore: restoreLifecycles }, now);
    const resumable = options.resumable ?? known.resumable;
    const isChanged = added.profiles.length + added.task_types.length > 0 || resumable !== known.resumable;
    const record: BoardRecord = {
      ...known,
      resumable,
      profiles_version: known.profiles_version + (isChanged ? 1 : 0),
    };
    const all = {
      profiles: [...set.profiles, ...added.profiles],
      task_types: [...set.task_types, ...added.task_types],
    };
    const registry = new ProfileRegistry(all, resumable);
    const first = lifecycles[0];
    const columns = first && !snapshot.data.has('_col_order') ? [...first.columns] : null;
    const data_put = columns === null ? [] : [{ key: '_col_order', value: columns, updated_at: now }];
    const isNew = snapshot.board === null || isChanged || columns !== null;
    if (isNew) refuseUngoverned(registry, boardId, backend.location);
    // Whoever watches the row sees by it that something was written.
    const last_timestamp = snapshot.board === null ? now : Math.max(now, known.last_timestamp + 1);
    const changes = isNew ? { ...NO_CHANGES, board: { ...record, last_timestamp }, ...added, data_put } : null;
    return { changes, result: { record, registry } };
  });
}

async function readOnlyBoard(
  options: ResolvedBoardOptions,
): Promise<{ record: BoardRecord; registry: ProfileRegistry }> {
  const { backend, boardId } = options;
  const record = await backend.readBoard(boardId);
  if (record === null) throw errorOf('board_not_found', `There is no board ${boardId} in ${backend.location}`);
  refuseUnfinishedCopy(await backend.readLeases(boardId), boardId, backend.location);
  return { record, registry: new ProfileRegistry(await backend.readProfiles(boardId), record.resumable) };
}

/**
 * Opens a board, making it where it is not there.
 *
 * @example
 * const board = await openBoard({ backend: sqlite({ file: 'board.db' }), taskTypes: { memo: 'fast' } });
 * const { task } = await board.postTask({ task_type: 'memo', label: 'Say hello' });
 * await board.close();
 * @throws StorageError, ValidationError (`invalid_lifecycle`), NotFoundError (`board_not_found`), ConfigurationError.
 */
export async function openBoard(options: BoardOptions): Promise<Board> {
  const resolved = resolveBoardOptions(options);
  await resolved.backend.open();
  try {
    const { record, registry } = resolved.readOnly ? await readOnlyBoard(resolved) : await establish(resolved);
    return new Board(resolved, record, registry);
  } catch (error) {
    await resolved.backend.close();
    throw error;
  }
}
