import BetterSqlite3 from 'better-sqlite3';
import type { JsonObject } from '../../../board/core/json.ts';
import type { EventType } from '../../../board/core/statuses.ts';
import { isoOf, type Micros } from '../../../board/core/time.ts';

/** A line of the reference implementation's log. */
export interface ReferenceLine {
  /** Default: the number after the line before. */
  readonly sequence_id?: number;
  readonly event_type: EventType;
  readonly task_id: string;
  readonly agent_id?: string | null;
  readonly from_status?: string | null;
  readonly to_status: string;
  readonly payload?: JsonObject;
  readonly timestamp: Micros;
}

/** A row of its tasks. */
export interface ReferenceRow {
  readonly task_id: string;
  readonly task_type: string;
  readonly label: string;
  readonly priority: number;
  readonly status: string;
  readonly created_at: Micros;
}

const TASK_COLUMNS =
  'task_id TEXT PRIMARY KEY, task_type TEXT NOT NULL, label TEXT NOT NULL, priority INTEGER NOT NULL, status TEXT NOT NULL, ' +
  'assigned_to TEXT, output TEXT, notes_json TEXT NOT NULL, continuation_token TEXT, heartbeat_at TEXT, ' +
  'context_snapshot_hash TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL';

const SCHEMA = `
  CREATE TABLE tasks (${TASK_COLUMNS});
  CREATE TABLE archived_tasks (${TASK_COLUMNS});
  CREATE TABLE agents (agent_id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, capabilities_json TEXT NOT NULL,
    a2a_url TEXT NOT NULL, agent_card_json TEXT NOT NULL, current_task_id TEXT, version TEXT, last_seen_at TEXT NOT NULL);
  CREATE TABLE events (sequence_id INTEGER PRIMARY KEY AUTOINCREMENT, event_type TEXT NOT NULL, task_id TEXT NOT NULL,
    agent_id TEXT, from_status TEXT, to_status TEXT, payload_json TEXT NOT NULL, idempotency_key TEXT, timestamp TEXT NOT NULL);
  CREATE TABLE data_entries (key TEXT PRIMARY KEY, value_json TEXT NOT NULL, updated_at TEXT NOT NULL);
`;

/** Writes a board as the reference implementation stores one. */
export function writeReferenceBoard(
  file: string,
  lines: readonly ReferenceLine[],
  rows: readonly ReferenceRow[],
): void {
  const database = new BetterSqlite3(file);
  try {
    database.exec(SCHEMA);
    const event = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)');
    const task = database.prepare('INSERT INTO tasks VALUES (?, ?, ?, ?, ?, NULL, NULL, ?, NULL, NULL, NULL, ?, ?)');
    for (const line of lines) {
      const { sequence_id = null, event_type, task_id, agent_id = null, from_status = null, to_status } = line;
      const payload = JSON.stringify(line.payload ?? {});
      event.run(sequence_id, event_type, task_id, agent_id, from_status, to_status, payload, isoOf(line.timestamp));
    }
    for (const { task_id, task_type, label, priority, status, created_at } of rows) {
      task.run(task_id, task_type, label, priority, status, '[]', isoOf(created_at), isoOf(created_at));
    }
  } finally {
    database.close();
  }
}
