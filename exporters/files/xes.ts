import type { DuckDBValue } from '@duckdb/node-api';
import type { BoardRecord } from '../../board/core/records.ts';
import type { TableName } from '../../board/core/tables.ts';
import { isoOf } from '../../board/core/time.ts';
import { packageVersion } from '../../board/package-version.ts';
import type { LoadedLog } from './loaded-log.ts';
import { asText, columnsBut, packed, unpacked } from './typed-columns.ts';
import { XesAttributes } from './xes-attributes.ts';

/** The tables that are read. */
export const XES_TABLES: readonly TableName[] = ['events', 'tasks'];

const EXTENSIONS = [
  ['Concept', 'concept'],
  ['Time', 'time'],
  ['Organizational', 'org'],
  ['Lifecycle', 'lifecycle'],
  ['Identity', 'identity'],
] as const;

/** Name → keys: what makes two events the same step. One status may stand for several kinds of work, as IN_PROGRESS does. */
const CLASSIFIERS = [
  ['Activity', 'concept:name'],
  ['ActivityAndTransition', 'concept:name lifecycle:transition'],
  ['ActivityAndKind', 'concept:name stage_kind'],
] as const;

/** Columns that stand in an attribute of the standard, or in the trace's. */
const ELSEWHERE = ['board_uid', 'task_id', 'task_type', 'profile', 'to_status', 'timestamp', 'agent_id'];
const EVENT_COLUMNS = columnsBut('events', ELSEWHERE);

/** What is no fact of the process, and may be long. */
const LONG = ['output', 'notes', 'visits', 'continuation_token', 'context_snapshot_hash'];
const TASK_COLUMNS = columnsBut('tasks', ['board_uid', 'task_id', 'task_type', 'profile', ...LONG]);

/** Tasks by their first transition, which is the order of the traces. */
const FIRSTS = `firsts AS (
  SELECT task_id, min(sequence_id) AS first_sequence_id, arg_min(task_type, sequence_id) AS task_type,
    arg_min(profile, sequence_id) AS profile
  FROM log_events WHERE edge IS NOT NULL GROUP BY task_id
)`;

const TRACES = `WITH ${FIRSTS}
  SELECT f.first_sequence_id, ${packed(['f.task_id', 'f.task_type', 'f.profile', ...TASK_COLUMNS.map(each => asText(each, 't'))])}
  FROM firsts f LEFT JOIN log_tasks t ON t.task_id = f.task_id ORDER BY f.first_sequence_id`;

/** What an event says in the words of the standard. */
const STANDARD = ['e.to_status', asText({ name: 'timestamp', type: 'timestamp' }, 'e'), 'e.agent_id'];

const EVENTS = `WITH ${FIRSTS}
  SELECT f.first_sequence_id, ${packed([...STANDARD, ...EVENT_COLUMNS.map(each => asText(each, 'e'))])}
  FROM log_events e JOIN firsts f ON f.task_id = e.task_id
  WHERE e.edge IS NOT NULL ORDER BY f.first_sequence_id, e.sequence_id`;

function head(board: BoardRecord): string {
  const globals = new XesAttributes('    ')
    .add('concept:name', 'text', 'UNKNOWN')
    .add('time:timestamp', 'timestamp', isoOf(0))
    .add('lifecycle:transition', 'text', 'complete')
    .add('stage_kind', 'text', 'wait');
  const attributes = new XesAttributes('  ')
    .add('concept:name', 'text', board.board_id)
    .addId('identity:id', board.board_uid)
    .add('lifecycle:model', 'text', 'standard')
    .add('created_at', 'timestamp', isoOf(board.created_at))
    .add('last_timestamp', 'timestamp', isoOf(board.last_timestamp))
    .add('quadro_version', 'text', packageVersion());
  const uri = (prefix: string) => `http://www.xes-standard.org/${prefix}.xesext`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<log xes.version="1849.2016" xmlns="http://www.xes-standard.org/">',
    ...EXTENSIONS.map(([name, prefix]) => `  <extension name="${name}" prefix="${prefix}" uri="${uri(prefix)}"/>`),
    '  <global scope="trace">',
    `${new XesAttributes('    ').add('concept:name', 'text', 'UNKNOWN')}  </global>`,
    '  <global scope="event">',
    `${globals}  </global>`,
    ...CLASSIFIERS.map(([name, keys]) => `  <classifier name="${name}" scope="event" keys="${keys}"/>`),
    `${attributes}`,
  ].join('\n');
}

function traceHead([taskId = null, taskType = null, profile = null, ...values]: readonly (string | null)[]): string {
  const attributes = new XesAttributes('    ')
    .add('concept:name', 'text', taskId)
    .add('task_type', 'text', taskType)
    .add('profile', 'text', profile);
  for (const [index, { name, type }] of TASK_COLUMNS.entries()) attributes.add(name, type, values[index] ?? null);
  return `  <trace>\n${attributes}`;
}

/** A transition: what is complete is that the status was entered. */
function eventText([status = null, timestamp = null, agentId = null, ...values]: readonly (string | null)[]): string {
  const attributes = new XesAttributes('      ')
    .add('concept:name', 'text', status)
    .add('time:timestamp', 'timestamp', timestamp)
    .add('lifecycle:transition', 'text', 'complete')
    .add('org:resource', 'text', agentId);
  for (const [index, { name, type }] of EVENT_COLUMNS.entries()) attributes.add(name, type, values[index] ?? null);
  return `    <event>\n${attributes}    </event>\n`;
}

/**
 * A log as XES (IEEE 1849-2016): a trace a task, by the order in which they were posted, an event a transition. Heartbeats are no
 * steps of a process: each transition says how many there were.
 *
 * @param counted Told how many events are written so far.
 */
export async function* xesTexts(
  log: LoadedLog,
  board: BoardRecord,
  counted: (events: number) => void,
): AsyncGenerator<string> {
  yield head(board);
  const traces = log.rows(TRACES);
  let open: DuckDBValue = null;
  let count = 0;
  try {
    for await (const rows of log.chunks(EVENTS)) {
      let text = '';
      for (const row of rows) {
        const [first = null, values] = row;
        if (first !== open) {
          const { value: trace } = await traces.next();
          text += `${open === null ? '' : '  </trace>\n'}${traceHead(unpacked(trace?.[1]))}`;
          open = first;
        }
        text += eventText(unpacked(values));
      }
      count += rows.length;
      counted(count);
      yield text;
    }
  } finally {
    await traces.return(undefined);
  }
  yield `${open === null ? '' : '  </trace>\n'}</log>\n`;
}
