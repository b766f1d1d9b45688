import type { Board } from '../../board/board.ts';
import type { Agent, Event, Task } from '../../board/core/records.ts';
import type { Intent, ParamsOf } from '../../board/index.ts';

/** Everything a board has written, to compare before and after. */
export async function everything(board: Board): Promise<object> {
  return {
    row: await board.board(),
    tasks: await Array.fromAsync(board.tasks()),
    agents: await board.listAgents(),
    events: await board.events(0, 100_000),
    data: (await board.listData()).entries,
    flightLog: await Array.fromAsync(board.flightLog()),
    cycles: await board.chiefCycles(0, 1_000),
    ticks: await board.ombudsmanTicks(0, 1_000),
  };
}

/** The code an intent is refused with, and its message; fails where it is not refused. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    result => `accepted: ${JSON.stringify(result)}`,
    error => `${error.constructor.name} ${error.code}: ${error.message}`,
  );
}

/** A payload that the types do not allow. */
export function callLoosely(board: Board, intent: string, params: unknown): Promise<unknown> {
  return board.call(intent as Intent, params as ParamsOf<Intent>);
}

/** An agent with that id. */
export async function register(board: Board, agent_id: string, capabilities: string[] = []): Promise<Agent> {
  const card = { agent_id, name: agent_id, url: `a2a://${agent_id}`, version: '1', capabilities, description: 'works' };
  return (await board.registerAgent(card)).agent;
}

/** A task posted with that id and type. */
export async function post(board: Board, task_id: string, task_type = 'report'): Promise<Task> {
  return (await board.postTask({ task_id, task_type, label: `Do ${task_id}` })).task;
}

/** Moves a task along statuses; `writing@ann` also assigns. Answers the events. */
export async function walk(board: Board, task_id: string, steps: readonly string[]): Promise<Event[]> {
  const events: Event[] = [];
  for (const step of steps) {
    const [to_status = '', assigned_to] = step.split('@');
    const { event } = await board.updateTask({ task_id, to_status, ...(assigned_to !== undefined && { assigned_to }) });
    events.push(event);
  }
  return events;
}
