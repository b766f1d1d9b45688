import type { ServiceStats } from './service-stats.ts';

/** A board that answers over HTTP. */
export interface BoardService {
  /** Where it is, such as `http://127.0.0.1:7337`. */
  readonly url: string;
  readonly address: { readonly host: string; readonly port: number };
  /** What it has done since it started, and what it is doing. */
  stats(): ServiceStats;
  /** From now on `/ready` says no, so that nobody sends new work here; everything is still answered. Comes before `close`. */
  drain(): void;
  /**
   * Stops: takes no more work, finishes what is under way, ends the event streams; what is not done by then is cut. The board
   * stays open. A second call can bring the deadline forward, and gives the answer of the first.
   *
   * @param deadlineSeconds Default: the option `deadlineSeconds`.
   * @returns whether everything that was under way was finished.
   */
  close(deadlineSeconds?: number): Promise<{ readonly finished: boolean }>;
  [Symbol.asyncDispose](): Promise<void>;
}
