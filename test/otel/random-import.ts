import fc from 'fast-check';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { JsonObject } from '../../board/core/json.ts';
import type { EventType } from '../../board/core/statuses.ts';
import { isoOf } from '../../board/core/time.ts';
import { importReference } from '../../board/import/reference.ts';
import { openBoard } from '../../board/index.ts';
import { type ReferenceLine, type ReferenceRow, writeReferenceBoard } from './golden/reference-board.ts';
import { GOLDEN_START } from './golden/story.ts';

/** A line of a random log of the reference implementation. */
export interface RandomLine {
  readonly task: number;
  readonly kind: 'post' | 'move' | 'beat';
  readonly to: string;
  /** Where the line says the task was: where it is, elsewhere, or nowhere. */
  readonly from: 'there' | 'IN_PROGRESS' | 'nowhere';
  /** How far the clock goes first; it may go back. */
  readonly micros: number;
  /** Numbers that are missing before it. */
  readonly lost: number;
  readonly reason: string | null;
}

const STATUSES = [
  'UNASSIGNED',
  'IN_PROGRESS',
  'PENDING_REVIEW',
  'STALE',
  'HUMAN_REVIEW',
  'COMPLETE',
  'writing',
] as const;

/** Lines of random imports, of which few agree with each other. */
const RANDOM_LINE: fc.Arbitrary<RandomLine> = fc.record({
  task: fc.nat(3),
  kind: fc.constantFrom('post', 'move', 'move', 'move', 'beat'),
  to: fc.constantFrom(...STATUSES),
  from: fc.constantFrom('there', 'there', 'there', 'IN_PROGRESS', 'nowhere'),
  micros: fc.oneof(fc.integer({ min: 0, max: 9_000_000 }), fc.integer({ min: -9_000_000, max: 9_000_000 })),
  lost: fc.constantFrom(0, 0, 0, 2),
  reason: fc.constantFrom(null, null, 'stale_heartbeat', 'worker_error'),
});

/** Sequences of lines, long ones as often as short ones. */
export const RANDOM_LINES: fc.Arbitrary<RandomLine[]> = fc.array(RANDOM_LINE, {
  minLength: 1,
  maxLength: 40,
  size: 'max',
});

const TYPES: Readonly<Record<string, EventType>> = {
  post: 'task_posted',
  beat: 'task_heartbeat',
  STALE: 'task_stale',
  HUMAN_REVIEW: 'task_failed',
};

/** Imports random lines, by way of a file of the reference implementation, into a board in memory. */
export async function randomImport(lines: readonly RandomLine[], hasRows: boolean, file: string): Promise<Board> {
  const log = referenceLines(lines);
  writeReferenceBoard(file, log, hasRows ? rowsOf(log) : []);
  const backend = sqlite({ file: ':memory:' });
  await importReference(file, { into: backend });
  return openBoard({ backend });
}

function referenceLines(lines: readonly RandomLine[]): ReferenceLine[] {
  const statuses = new Map<string, string>();
  let timestamp = GOLDEN_START;
  let sequence_id = 0;
  return lines.map(({ task, kind, to, from, micros, lost, reason }) => {
    const task_id = `t${task}`;
    const there = statuses.get(task_id) ?? null;
    const to_status = kind === 'beat' ? (there ?? to) : to;
    if (kind !== 'beat') statuses.set(task_id, to_status);
    timestamp += micros;
    sequence_id += 1 + lost;
    return {
      sequence_id,
      event_type: TYPES[kind === 'move' ? to : kind] ?? 'task_completed',
      task_id,
      agent_id: 'ada',
      from_status: kind === 'post' || from === 'nowhere' ? null : from === 'there' ? there : from,
      to_status,
      payload: payloadOf(kind === 'beat' ? timestamp - 1000 : null, reason),
      timestamp,
    };
  });
}

function payloadOf(beatAt: number | null, reason: string | null): JsonObject {
  if (beatAt !== null) return { heartbeat_at: isoOf(beatAt) };
  return reason === null ? {} : { reason };
}

function rowsOf(log: readonly ReferenceLine[]): ReferenceRow[] {
  const last = new Map(log.map(line => [line.task_id, line]));
  return [...last].map(([task_id, { to_status: status, timestamp: created_at }]) => {
    return { task_id, task_type: 'memo', label: `Imported ${task_id}`, priority: 3, status, created_at };
  });
}
