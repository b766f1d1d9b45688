import { stat } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** How much nicer than the rest of its process: a tenth of its share where processors are short, all it wants where they are not. */
const NICER = 10;

/**
 * Has the board's thread go first where both want a processor. On Linux alone a thread has a priority of its own; elsewhere it would be
 * the process's.
 */
export async function yieldToBoard(): Promise<void> {
  if (process.platform !== 'linux') return;
  // The threads that the whole process reads its files with are made by whoever first needs them, with that one's priority.
  await stat(import.meta.filename).catch(() => undefined);
  try {
    setPriority(0, Math.min(getPriority(0) + NICER, 19));
  } catch {
    // A system that does not let it be nice has it compete.
  }
}
