/** Exit codes of every command; an interrupted one ends with what a shell gives to a Ctrl-C. */
export const EXIT = { done: 0, faults: 1, badUse: 2, interrupted: 130 } as const;

/** Thrown where a command did its work and found faults, which it has printed. */
export class FoundFaults extends Error {}

/** Thrown where a Ctrl-C or SIGTERM ended a command before its work was done. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
  }
}

/** Thrown where nobody reads stdout any more (`quadro sql … | head`): no fault of ours, and no reason to go on. */
export class ReaderGone extends Error {}

/** Whether an error is, or was caused by, an interruption. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Interrupted || (error instanceof Error && isInterruption(error.cause));
}
