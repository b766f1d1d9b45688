import type { Board } from '../../board/board.ts';
import type { TableSource } from '../../board/table-source.ts';

/** What was asked of a source: a line a call that gave rows, with what it gave. */
export type Reads = string[];

async function* counted<Row>(rows: AsyncIterable<Row>, name: string, reads: Reads): AsyncGenerator<Row> {
  let count = 0;
  for await (const row of rows) {
    count++;
    yield row;
  }
  reads.push(`${name}: ${count}`);
}

/** A board that notes what is read of it: every way to read its rows is one of these. */
export function countingSource(board: Board): { readonly source: TableSource; readonly reads: Reads } {
  const reads: Reads = [];
  const page = async <Row>(name: string, rows: Promise<readonly Row[]>): Promise<readonly Row[]> => {
    const found = await rows;
    reads.push(`${name}: ${found.length}`);
    return found;
  };
  const source: TableSource = {
    board: () => board.board(),
    onCommit: listener => board.onCommit(listener),
    events: (after, ...rest) => page(`events after ${after}`, board.events(after, ...rest)),
    chiefCycles: (after, ...rest) => page(`cycles after ${after}`, board.chiefCycles(after, ...rest)),
    ombudsmanTicks: (after, ...rest) => page(`ticks after ${after}`, board.ombudsmanTicks(after, ...rest)),
    taskEvents: (id, ...rest) => page(`events of ${id}`, board.taskEvents(id, ...rest)),
    taskHistory: id => page(`history of ${id}`, board.taskHistory(id)),
    tasksById: (ids, columns) => page(`tasks ${ids.toSorted().join(' ')}`, board.tasksById(ids, columns)),
    tasks: () => counted(board.tasks(), 'all tasks', reads),
    archivedTasks: since => counted(board.archivedTasks(since), 'archived tasks', reads),
    agents: () => counted(board.agents(), 'agents', reads),
    flightLog: (after = 0) => counted(board.flightLog(after), `flight log after ${after}`, reads),
    profiles: () => counted(board.profiles(), 'profiles', reads),
  };
  return { source, reads };
}
