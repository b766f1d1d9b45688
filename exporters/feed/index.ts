/** The one way to read a board's logs: by cursor, in bounded batches, with a durable place. */
export {
  boardCursorStore,
  type CursorBackend,
  defaultCursorStore,
  type StoredLog,
  sidecarCursorStore,
} from './board-cursor-store.ts';
export { cursorAt } from './cursor-at.ts';
export { type CursorKeeper, cursorKeeper } from './cursor-keeper.ts';
export {
  type CursorStore,
  cursorPath,
  fileCursorStore,
  loadCursor,
  type SavedCursor,
} from './cursor-store.ts';
export { type FeedBatch, type FeedOptions, feed, LOG_START } from './feed.ts';
