import type { Event } from '../../core/records.ts';
import { eventToWire } from '../../transport/wire.ts';
import type { EventFacts, EventMatcher } from './event-filter.ts';

/** An event as it is sent, written once for all who get it. */
export interface EventFrame extends EventFacts {
  readonly bytes: Buffer;
}

/** The lines of an event: JSON holds no line break, so its data is one. */
export function frameOf(event: Event): EventFrame {
  const { sequence_id, task_id, task_type, event_type, agent_id, to_status } = event;
  const data = JSON.stringify(eventToWire(event));
  const bytes = Buffer.from(`id: ${sequence_id}\nevent: ${event_type}\ndata: ${data}\n\n`);
  return { sequence_id, task_id, task_type, event_type, agent_id, to_status, bytes };
}

/** What a stream sends next. */
export interface Taken {
  /** The frames that match, one after another; null: none did. */
  readonly bytes: Buffer | null;
  /** The last event that was sent, where one was. */
  readonly sent: number | null;
  /** The last event that was looked at. */
  readonly position: number;
}

/** Frames that match, from the first on, until they come to `maxBytes`; one in any case. */
export function takeFrames(
  frames: Iterable<EventFrame>,
  { position, matcher, maxBytes }: { position: number; matcher: EventMatcher; maxBytes: number },
): Taken {
  const matching: Buffer[] = [];
  let bytes = 0;
  let sent: number | null = null;
  let looked = position;
  for (const frame of frames) {
    if (bytes >= maxBytes) break;
    looked = frame.sequence_id;
    if (!matcher.matches(frame)) continue;
    matching.push(frame.bytes);
    bytes += frame.bytes.byteLength;
    sent = frame.sequence_id;
  }
  const [first = null] = matching;
  return { bytes: matching.length > 1 ? Buffer.concat(matching, bytes) : first, sent, position: looked };
}
