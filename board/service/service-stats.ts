import type { EventStreamsStats } from './events/event-streams.ts';

/** Requests of one route that were answered alike. */
export interface RequestCount {
  readonly method: string;
  /** The route's pattern; null for an address that is not there. */
  readonly route: string | null;
  readonly status: number;
  readonly count: number;
}

/** What a service has done since it started, and what it is doing. */
export interface ServiceStats {
  /** Requests that are not answered yet, event streams aside. */
  readonly in_flight: number;
  readonly open_streams: number;
  /** What the event streams hold and have done. */
  readonly event_streams: EventStreamsStats;
  readonly requests: readonly RequestCount[];
  /** Error code → how often it was answered. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Counts the requests of a service. */
export class ServiceCounters {
  #inFlight = 0;
  #openStreams = 0;
  readonly #requests = new Map<string, { method: string; route: string | null; status: number; count: number }>();
  readonly #refused = new Map<string, number>();

  get inFlight(): number {
    return this.#inFlight;
  }

  began(): void {
    this.#inFlight += 1;
  }

  ended(method: string, route: string | null, status: number): void {
    this.#inFlight -= 1;
    const key = `${method} ${status} ${route}`;
    const known = this.#requests.get(key);
    if (known) known.count += 1;
    else this.#requests.set(key, { method, route, status, count: 1 });
  }

  /** A request became a stream: it is under way for as long as its client likes. */
  streamOpened(): void {
    this.#openStreams += 1;
    this.#inFlight -= 1;
  }

  streamClosed(): void {
    this.#openStreams -= 1;
    this.#inFlight += 1;
  }

  refused(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  stats(): Omit<ServiceStats, 'event_streams'> {
    return {
      in_flight: this.#inFlight,
      open_streams: this.#openStreams,
      requests: Array.from(this.#requests.values(), each => ({ ...each })),
      refused: Object.fromEntries(this.#refused),
    };
  }
}
