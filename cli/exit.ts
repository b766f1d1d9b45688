/** Exit codes of every command. */
export const EXIT = { done: 0, faults: 1, badUse: 2 } as const;

/** Thrown where a command did its work and found faults, which it has printed. */
export class FoundFaults extends Error {}
