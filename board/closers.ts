/** Finishes a part of something that closes. */
type Closer = () => Promise<unknown>;

/** What a board's `close` must finish first: the last that came goes first. */
export class Closers {
  readonly #onError: (error: unknown) => void;
  readonly #closers: Closer[] = [];
  #isClosing = false;

  /** `onError` is told what a part throws that came too late to be waited for. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Called at once where all is closing already, so that nothing is left behind. */
  add(closer: Closer): void {
    if (this.#isClosing) void closer().catch(this.#onError);
    else this.#closers.push(closer);
  }

  /** Closes every part, and answers what they threw: one that cannot stop must not keep the others from being finished. */
  async close(): Promise<readonly unknown[]> {
    this.#isClosing = true;
    const failures: unknown[] = [];
    for (const closer of this.#closers.toReversed()) await closer().catch(error => failures.push(error));
    return failures;
  }
}
