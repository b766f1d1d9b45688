/** How processes tell each other of commits, where their database can carry it. Best effort: readers poll as well. */
export interface ChangeSignals {
  /** Tells the other processes; returns at once. */
  announce(boardId: string): void;
  /** Calls back after another process's commit, and after any time in which one may have been missed. Answers how to stop. */
  subscribe(boardId: string, listener: () => void): () => void;
  close(): Promise<void>;
}
