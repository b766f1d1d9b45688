import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { BoardRecord, ChiefCycle, Event, OmbudsmanTick, Task } from '../../../board/core/records.ts';
import { feed } from '../../../exporters/feed/index.ts';
import { contextReader, translate } from '../../../exporters/otel/index.ts';
import { openGoldenLog } from '../golden/golden-boards.ts';
import { optionsOf } from '../golden/golden-spans.ts';
import { GOLDEN_BOARDS, type GoldenBoard } from '../golden/make-golden-log.ts';
import { decodeJson, type WireSpan } from '../wire-span.ts';

/** A golden log as rows, and its spans as they are sent. */
export interface GoldenLog {
  readonly board: GoldenBoard;
  readonly record: BoardRecord;
  readonly events: readonly Event[];
  readonly cycles: readonly ChiefCycle[];
  readonly ticks: readonly OmbudsmanTick[];
  readonly tasks: ReadonlyMap<string, Task>;
  readonly spans: readonly WireSpan[];
  /** The request they were sent in. */
  readonly json: string;
  readonly clamped: number;
}

/** A span beside the rows it was made of. */
export interface StageSubject {
  readonly span: WireSpan;
  readonly log: GoldenLog;
  /** All events of the task. */
  readonly history: readonly Event[];
  readonly entering: Event;
  readonly closing: Event;
}
export interface TaskSubject {
  readonly span: WireSpan;
  readonly log: GoldenLog;
  /** The events of the task up to the finishing one, from its first step. */
  readonly life: readonly Event[];
  readonly finishing: Event;
}
export interface CycleSubject {
  readonly span: WireSpan;
  readonly log: GoldenLog;
  readonly row: ChiefCycle;
}
export interface TickSubject {
  readonly span: WireSpan;
  readonly log: GoldenLog;
  readonly row: OmbudsmanTick;
}

/** Every span of the golden logs with its rows, by the name the contract gives it. */
export interface Subjects {
  readonly 'stage {status}': readonly StageSubject[];
  readonly 'task {task_type}': readonly TaskSubject[];
  readonly 'chief cycle': readonly CycleSubject[];
  readonly 'ombudsman tick': readonly TickSubject[];
}

/** All golden logs. */
export function readGoldenLogs(): Promise<GoldenLog[]> {
  return Promise.all(GOLDEN_BOARDS.map(readGoldenLog));
}

async function readGoldenLog(board: GoldenBoard): Promise<GoldenLog> {
  const log = await openGoldenLog(board);
  try {
    const readContext = contextReader(log, optionsOf(board));
    const translations = await Array.fromAsync(feed(log, { follow: false }), async batch =>
      translate(batch, await readContext(batch)),
    );
    const sent = JsonTraceSerializer.serializeRequest(translations.flatMap(({ spans }) => spans));
    const json = Buffer.from(sent ?? []).toString('utf8');
    return {
      board,
      record: await log.board(),
      events: await log.events(0, 10_000),
      cycles: await log.chiefCycles(0, 10_000),
      ticks: await log.ombudsmanTicks(0, 10_000),
      tasks: new Map(await Array.fromAsync(log.tasks(), task => [task.task_id, task] as const)),
      spans: decodeJson(json),
      json,
      clamped: translations.reduce((sum, { clamped }) => sum + clamped, 0),
    };
  } finally {
    await log.close();
  }
}

/** The spans with their rows; one without a row of its own fails. */
export function subjectsOf(logs: readonly GoldenLog[]): Subjects {
  const spans = logs.flatMap(log => log.spans.map(span => ({ span, log })));
  const named = (prefix: string) => spans.filter(({ span }) => span.name.startsWith(prefix));
  return {
    'stage {status}': named('stage ').map(each => ({ ...each, ...stageRows(each.span, each.log) })),
    'task {task_type}': named('task ').map(each => ({ ...each, ...taskRows(each.span, each.log) })),
    'chief cycle': named('chief cycle').map(({ span, log }) => {
      return { span, log, row: only(log.cycles.filter(row => row.cycle_id === idOf(span, 'quadro.cycle_id'))) };
    }),
    'ombudsman tick': named('ombudsman tick').map(({ span, log }) => {
      return { span, log, row: only(log.ticks.filter(row => row.tick_id === idOf(span, 'quadro.tick_id'))) };
    }),
  };
}

/** Whether an event is a step: every one but a heartbeat. */
export const isStep = ({ event_type }: Event): boolean => event_type !== 'task_heartbeat';

function stageRows(span: WireSpan, log: GoldenLog): Pick<StageSubject, 'history' | 'entering' | 'closing'> {
  const closing = only(log.events.filter(event => event.sequence_id === idOf(span, 'quadro.sequence_id')));
  const history = log.events.filter(event => event.task_id === closing.task_id);
  const entering = history.findLast(event => isStep(event) && event.sequence_id < closing.sequence_id);
  return { history, closing, entering: only(entering === undefined ? [] : [entering]) };
}

function taskRows(span: WireSpan, log: GoldenLog): Pick<TaskSubject, 'life' | 'finishing'> {
  const finishing = only(log.events.filter(event => event.sequence_id === idOf(span, 'quadro.sequence_id')));
  const history = log.events.filter(
    event => event.task_id === finishing.task_id && event.sequence_id <= finishing.sequence_id,
  );
  return { finishing, life: history.slice(history.findIndex(isStep)) };
}

function idOf(span: WireSpan, attribute: string): unknown {
  return span.attributes[attribute]?.value;
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`A span has ${rows.length} rows, not one`);
  return row;
}
