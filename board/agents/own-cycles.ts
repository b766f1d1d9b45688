/** How many of its own cycles a Chief recognises: commits are told of right after they are made. */
const REMEMBERED_CYCLES = 100;

/** The latest cycles of a Chief, by which it knows its own doing. */
export class OwnCycles {
  readonly #ids = new Set<string>();

  add(cycleId: string): void {
    this.#ids.add(cycleId);
    for (const old of this.#ids) {
      if (this.#ids.size <= REMEMBERED_CYCLES) break;
      this.#ids.delete(old);
    }
  }

  has(cycleId: string | null): boolean {
    return cycleId !== null && this.#ids.has(cycleId);
  }
}
