import type { Json } from '../core/json.ts';

function isDrainingIn(telemetry: Json): boolean {
  return typeof telemetry === 'object' && telemetry !== null && 'draining' in telemetry && telemetry.draining === true;
}

/** Whether a Chief hands out no new work: as it was told itself, else as the one was told that it takes over from. */
export class Draining {
  #isDraining = false;
  #isTold = false;

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** What the Chief is told while it leads holds until it is told otherwise; while it stands by, until it leads. */
  tell(isDraining: boolean): void {
    this.#isDraining = isDraining;
    this.#isTold = true;
  }

  /** Goes on with what the telemetry of the Chief before says, unless this one was told something while it stood by. */
  resume(telemetry: Json): void {
    if (!this.#isTold) this.#isDraining = isDrainingIn(telemetry);
  }

  /** From now on only what it is told anew counts for the next time it takes over. */
  standBy(): void {
    this.#isTold = false;
  }
}
