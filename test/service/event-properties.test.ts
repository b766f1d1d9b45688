import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { Event } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import { EVENT_FILTER_FIELDS, type EventFilter, eventMatcher } from '../../board/service/events/event-filter.ts';
import { frameOf, takeFrames } from '../../board/service/events/event-frame.ts';
import { EventRing } from '../../board/service/events/event-ring.ts';
import { eventToWire } from '../../board/transport/wire.ts';
import { eventRecord } from '../support/records.ts';
import { SseClient } from './sse-client.ts';
import { type StreamServer, streamServer } from './stream-server.ts';

const some = (...values: string[]) => fc.subarray(values, { minLength: 0, maxLength: 2 });
const FILTER: fc.Arbitrary<EventFilter> = fc.record(
  {
    task_id: some('a', 'b', 'c'),
    task_type: some('memo', 'article'),
    event_type: some('task_posted', 'task_assigned', 'task_failed'),
    agent_id: some('ann', 'bob'),
    status: some('UNASSIGNED', 'IN_PROGRESS', 'ON_HOLD'),
  },
  { requiredKeys: [] },
);

/** What a filter means, in other words than the code's. */
function isWanted(filter: EventFilter, event: Event): boolean {
  const facts: Record<keyof EventFilter, string | null> = {
    task_id: event.task_id,
    task_type: event.task_type,
    event_type: event.event_type,
    agent_id: event.agent_id,
    status: event.to_status,
  };
  return EVENT_FILTER_FIELDS.every(name => {
    const values = filter[name] ?? [];
    return values.length === 0 || values.some(value => value === facts[name]);
  });
}

const EVENTS: fc.Arbitrary<readonly Event[]> = fc
  .array(
    fc.record({
      task_id: fc.constantFrom('a', 'b', 'c'),
      task_type: fc.constantFrom('memo', 'article'),
      event_type: fc.constantFrom('task_posted', 'task_assigned', 'task_failed'),
      agent_id: fc.constantFrom('ann', 'bob', null),
      to_status: fc.constantFrom('UNASSIGNED', 'IN_PROGRESS', 'ON_HOLD'),
      payload: fc.record({ note: fc.string({ unit: 'grapheme', maxLength: 30 }) }),
    }),
    { maxLength: 40 },
  )
  .map(rows => rows.map((row, index) => eventRecord(index + 1, row)));

describe('the ring', () => {
  it('gives a reader at any place what the log has after it, or says that it does not reach so far', () => {
    const limits = fc.record({
      maxBytes: fc.integer({ min: 1, max: 20_000 }),
      maxEvents: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(
        EVENTS,
        FILTER,
        limits,
        fc.nat(40),
        fc.integer({ min: 1, max: 3_000 }),
        (events, filter, ring, from, maxBytes) => {
          const held = new EventRing(0, ring);
          for (const event of events) held.push(frameOf(event));
          const matcher = eventMatcher(filter);
          let position = Math.min(from, events.length);
          if (!held.reaches(position)) {
            expect(events.length - position).toBeGreaterThan(0);
            return;
          }
          const sent: string[] = [];
          const expected = events
            .filter(event => event.sequence_id > position && isWanted(filter, event))
            .map(event => frameOf(event).bytes.toString());
          while (position < held.last) {
            const taken = held.take(position, matcher, maxBytes);
            expect(held.take(position, matcher, maxBytes)).toBe(taken);
            expect(taken.position).toBeGreaterThan(position);
            if (taken.bytes) sent.push(taken.bytes.toString());
            position = taken.position;
          }
          expect(sent.join('')).toBe(expected.join(''));
          expect(held.bytes).toBeLessThanOrEqual(ring.maxBytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a chunk ends with the event that fills it', () => {
    fc.assert(
      fc.property(EVENTS, FILTER, fc.integer({ min: 1, max: 3_000 }), (events, filter, maxBytes) => {
        const frames = events.map(frameOf);
        const matcher = eventMatcher(filter);
        const { bytes, sent, position } = takeFrames(frames, { position: 0, matcher, maxBytes });
        const last = frames.find(({ sequence_id }) => sequence_id === sent);
        expect((bytes?.byteLength ?? 0) - (last?.bytes.byteLength ?? 0)).toBeLessThan(maxBytes);
        if ((bytes?.byteLength ?? 0) < maxBytes) expect(position).toBe(events.length);
      }),
    );
  });
});

/** A step of a run: the board writes, or a client comes, goes, or comes again where it was. */
type Step =
  | { readonly kind: 'write'; readonly count: number }
  | { readonly kind: 'connect'; readonly filter: EventFilter }
  | { readonly kind: 'cut'; readonly client: number }
  | { readonly kind: 'again'; readonly client: number };

const STEPS: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      arbitrary: fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 30 }) }),
      weight: 4,
    },
    { arbitrary: fc.record({ kind: fc.constant('connect' as const), filter: FILTER }), weight: 2 },
    { arbitrary: fc.record({ kind: fc.constant('cut' as const), client: fc.nat(5) }), weight: 2 },
    { arbitrary: fc.record({ kind: fc.constant('again' as const), client: fc.nat(5) }), weight: 2 },
  ),
  { minLength: 4, maxLength: 25 },
);

/** Somebody who wants some events from the first on, over as many connections as it takes. */
class Follower {
  readonly filter: EventFilter;
  readonly got: { id: number; data: string }[] = [];
  lastEventId = '0';
  #client: SseClient | null = null;
  readonly #port: number;

  constructor(port: number, filter: EventFilter) {
    this.#port = port;
    this.filter = filter;
  }

  connect(): void {
    if (this.#client !== null) return;
    const query = new URLSearchParams(
      Object.entries(this.filter).flatMap(([name, values]) => values.map((value: string) => [name, value])),
    );
    const headers = { 'Last-Event-ID': this.lastEventId };
    this.#client = new SseClient({ port: this.#port, path: `/?${query}`, headers });
  }

  /** Cut off wherever it is; what it has not dispatched is lost. */
  async cut(): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    client.close();
    await client.ended;
    this.#client = null;
    this.got.push(...client.events.map(({ id, data }) => ({ id, data })));
    this.lastEventId = client.lastEventId || this.lastEventId;
  }

  /** Reads until it has been told of everything. */
  async finish(end: number): Promise<void> {
    this.connect();
    const client = this.#client;
    await client?.until(() => Number(client.lastEventId) >= end);
    await this.cut();
  }
}

async function write(board: Board, count: number, written: { n: number }): Promise<void> {
  for (let n = 0; n < count; n++) {
    const k = written.n++;
    const task_id = `${k}`;
    if (k % 3 === 0) await board.postTask({ task_id, task_type: 'article', label: 'x', hold: 'why' });
    else await board.postTask({ task_id, task_type: 'memo', label: '\n😀\u2028' });
    if (k % 3 === 1) await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: k % 2 ? 'ann' : 'bob' });
  }
}

async function run(board: Board, server: StreamServer, steps: readonly Step[]): Promise<void> {
  const followers: Follower[] = [];
  const written = { n: 0 };
  for (const step of steps) {
    if (step.kind === 'write') await write(board, step.count, written);
    else if (step.kind === 'connect') {
      const follower = new Follower(server.port, step.filter);
      follower.connect();
      followers.push(follower);
    } else if (step.kind === 'cut') await followers[step.client]?.cut();
    else followers[step.client]?.connect();
  }
  const { events } = await board.streamEvents();
  for (const follower of followers) {
    await follower.finish(events.length);
    const expected = events
      .filter(event => isWanted(follower.filter, event))
      .map(event => ({ id: event.sequence_id, data: JSON.stringify(eventToWire(event)) }));
    expect(follower.got).toEqual(expected);
  }
}

it('however clients come, are cut off and come again, together their streams are the filtered log', async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, fc.integer({ min: 1, max: 60 }), async (steps, ringEvents) => {
      const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
      const server = await streamServer(board, { heartbeatSeconds: 0.05, ringEvents });
      try {
        await run(board, server, steps);
      } finally {
        await server.close();
        await board.close();
      }
    }),
    { numRuns: 60 },
  );
});
