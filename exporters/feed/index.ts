/** The one way to read a board's logs: by cursor, in bounded batches, with a durable place. */
export {
  boardCursorStore,
  type CursorBackend,
  defaultCursorStore,
  type StoredLog,
  sidecarCursorStore,
  sidecarName,
} from './board-cursor-store.ts';
export { cursorAt } from './cursor-at.ts';
export { type CursorKeeper, cursorKeeper } from './cursor-keeper.ts';
export {
  type CursorStore,
  cursorPath,
  loadCursor,
  type SavedCursor,
} from './cursor-store.ts';
export { type FeedBatch, type FeedOptions, feed, LOG_START } from './feed.ts';
export { fileCursorStore } from './file-cursor-store.ts';
export type { LeaseRegister } from './lease-register.ts';
