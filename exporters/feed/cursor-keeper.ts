import type { CursorStore, SavedCursor } from './cursor-store.ts';

/** Saves a moving cursor now and then, and its last place always. */
export interface CursorKeeper {
  /** Notes a new place. Throws where an earlier save failed. */
  moved(saved: SavedCursor): Promise<void>;
  /** Saves what is not saved yet, and stops the timer. */
  flush(): Promise<void>;
  /** Forgets what is not saved yet, and waits for the save under way. Never rejects. */
  abandon(): Promise<void>;
}

/**
 * A save flushes the disk, on which a board's commits may have to wait, so a fast reader saves at most every `saveEveryMs`; what a
 * kill leaves unsaved is read again. The last place is saved by a timer where no further one follows.
 */
export function cursorKeeper(store: CursorStore, saveEveryMs = 1_000): CursorKeeper {
  let unsaved: SavedCursor | null = null;
  let lastSave = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();
  let failure: unknown = null;

  const save = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const place = unsaved;
    unsaved = null;
    lastSave = performance.now();
    // One after the other: an older place must never be written over a newer one.
    if (place !== null) saving = saving.then(() => store.save(place));
    return saving;
  };

  return {
    async moved(saved) {
      if (failure !== null) throw failure;
      unsaved = saved;
      const wait = lastSave + saveEveryMs - performance.now();
      if (wait <= 0) await save();
      else
        timer ??= setTimeout(() => {
          save().catch(error => {
            failure = error;
          });
        }, wait);
    },
    flush: save,
    async abandon() {
      clearTimeout(timer);
      unsaved = null;
      await saving.catch(() => undefined);
    },
  };
}
