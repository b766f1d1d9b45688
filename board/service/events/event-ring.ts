import type { EventMatcher } from './event-filter.ts';
import { type EventFrame, type Taken, takeFrames } from './event-frame.ts';

/** How many answers are kept for streams that stand at the same place. */
const MAX_KEPT_ANSWERS = 64;

/** How much a ring holds. */
export interface RingLimits {
  readonly maxBytes: number;
  readonly maxEvents: number;
}

/** The latest events of a log, without a gap, as they are sent; the oldest go when it is full. */
export class EventRing {
  readonly #limits: RingLimits;
  readonly #frames = new Map<number, EventFrame>();
  /** Streams that follow the log stand at one place: what one of them is sent, all are. */
  readonly #answers = new Map<string, Taken>();
  #last: number;
  #bytes = 0;

  /** Begins after that event. */
  constructor(last: number, limits: RingLimits) {
    this.#last = last;
    this.#limits = limits;
  }

  /** The last event it has seen. */
  get last(): number {
    return this.#last;
  }

  /** Bytes of the events it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it holds every event after that one. */
  reaches(position: number): boolean {
    return position + this.#frames.size >= this.#last;
  }

  /** Takes the log's next event. */
  push(frame: EventFrame): void {
    this.#frames.set(frame.sequence_id, frame);
    this.#last = frame.sequence_id;
    this.#bytes += frame.bytes.byteLength;
    this.#answers.clear();
    const { maxBytes, maxEvents } = this.#limits;
    for (const [sequence_id, oldest] of this.#frames) {
      if (this.#bytes <= maxBytes && this.#frames.size <= maxEvents) break;
      this.#frames.delete(sequence_id);
      this.#bytes -= oldest.bytes.byteLength;
    }
  }

  /** What a stream that it reaches sends next. */
  take(position: number, matcher: EventMatcher, maxBytes: number): Taken {
    const key = `${position} ${matcher.key}`;
    const kept = this.#answers.get(key);
    if (kept !== undefined) return kept;
    const taken = takeFrames(this.#after(position), { position, matcher, maxBytes });
    if (this.#answers.size < MAX_KEPT_ANSWERS) this.#answers.set(key, taken);
    return taken;
  }

  *#after(position: number): Generator<EventFrame> {
    for (let sequence_id = position + 1; sequence_id <= this.#last; sequence_id++) {
      const frame = this.#frames.get(sequence_id);
      if (frame !== undefined) yield frame;
    }
  }
}
