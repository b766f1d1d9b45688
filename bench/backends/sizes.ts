/** How much of everything is measured. */
export interface Sizes {
  /** Rounds of a pair whose ratio counts. */
  readonly pairRounds: number;
  /** Rounds of the other cells of the grid. */
  readonly gridRounds: number;
  /** How long the callers of a cell go on, in milliseconds. */
  readonly cellMs: number;
  /** How long callers write to a board of their own before they count, in each process. */
  readonly warmUpMs: number;
  /** Lives in a round of the job queues. */
  readonly lives: number;
}

/** What is quoted. */
export const FULL: Sizes = { pairRounds: 7, gridRounds: 3, cellMs: 1_500, warmUpMs: 400, lives: 20_000 };

/** Enough to see that everything runs; its figures mean nothing. */
export const QUICK: Sizes = { pairRounds: 1, gridRounds: 1, cellMs: 150, warmUpMs: 50, lives: 1_000 };
