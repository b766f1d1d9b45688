import type { LogSource } from '../../board/log-source.ts';

/** The log of a board, and nothing of the board besides. */
export function logOf(board: LogSource): LogSource {
  return {
    board: () => board.board(),
    events: (...page) => board.events(...page),
    chiefCycles: (...page) => board.chiefCycles(...page),
    ombudsmanTicks: (...page) => board.ombudsmanTicks(...page),
    taskEvents: (...page) => board.taskEvents(...page),
    taskHistory: taskId => board.taskHistory(taskId),
    tasksById: (...query) => board.tasksById(...query),
    onCommit: listener => board.onCommit(listener),
  };
}
