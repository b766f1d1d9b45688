import type { Event } from '../../core/records.ts';

/** What an event must be to be sent: one of the values of every field that is named. */
export interface EventFilter {
  readonly task_id?: readonly string[];
  readonly task_type?: readonly string[];
  readonly event_type?: readonly string[];
  readonly agent_id?: readonly string[];
  /** The status entered: the event's `to_status`. */
  readonly status?: readonly string[];
}

/** What of an event a filter looks at. */
export type EventFacts = Pick<Event, 'sequence_id' | 'task_id' | 'task_type' | 'event_type' | 'agent_id' | 'to_status'>;

/** A filter, ready to be asked. */
export interface EventMatcher {
  /** Equal for filters that say the same; empty where everything matches. */
  readonly key: string;
  /** The only task that can match, where the filter names one: its events can be read alone. */
  readonly taskId: string | null;
  matches(event: EventFacts): boolean;
}

const FACT_OF = {
  task_id: 'task_id',
  task_type: 'task_type',
  event_type: 'event_type',
  agent_id: 'agent_id',
  status: 'to_status',
} as const satisfies Record<keyof EventFilter, keyof EventFacts>;

/** The names a filter may have, as they stand in an address. */
export const EVENT_FILTER_FIELDS = Object.keys(FACT_OF) as readonly (keyof EventFilter)[];

/** What asks events whether a filter lets them through; a field without values asks nothing. */
export function eventMatcher(filter: EventFilter): EventMatcher {
  const wanted = EVENT_FILTER_FIELDS.flatMap(field => {
    const values = [...new Set(filter[field] ?? [])].sort();
    return values.length === 0 ? [] : [{ field, values }];
  });
  const asked = wanted.map(({ field, values }) => ({ fact: FACT_OF[field], values: new Set<string | null>(values) }));
  const [taskId = null, ...others] = wanted.find(({ field }) => field === 'task_id')?.values ?? [];
  return {
    key: wanted.length === 0 ? '' : JSON.stringify(wanted),
    taskId: others.length === 0 ? taskId : null,
    matches: event => asked.every(({ fact, values }) => values.has(event[fact])),
  };
}
