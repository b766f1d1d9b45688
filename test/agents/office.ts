import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { BoardMethods } from '../../board/board-methods.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import { systemClock } from '../../board/clock.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import type { Agent, Task } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import { remoteBoard } from '../../board/transport/http/index.ts';
import { localNetwork, type Network } from '../../board/transport/network.ts';

/** A board in memory with a network, and a clock that a test can move forward. */
export interface Office {
  readonly board: Board;
  readonly network: Network;
  readonly clock: () => number;
  /** What agents reported and carried on from. */
  readonly reported: string[];
  /** Options every agent of the office takes. */
  readonly surroundings: {
    readonly board: BoardMethods & Pick<Board, 'run'>;
    readonly network: Network;
    readonly clock: () => number;
    readonly onError: (what: string, error: unknown) => void;
  };
  pass(seconds: number): void;
}

/** A lifecycle with custom statuses: writing has a way to STALE, editing has none. */
export const NEWSROOM: Lifecycle = lifecycle('newsroom')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'written')
  .phase('written', 'editing')
  .phase('editing', 'published')
  .revision('editing', 'writing')
  .branch('writing', 'STALE')
  .loop('STALE', 'UNASSIGNED')
  .route('UNASSIGNED', 'writing', 'writer')
  .route('written', 'editing', 'editor')
  .route('STALE', 'UNASSIGNED', null)
  .build();

/** Opens a board of its own for the test that runs, and closes it afterwards. */
export async function openOffice(options: Partial<BoardOptions> = {}): Promise<Office> {
  const system = systemClock();
  let ahead = 0;
  const clock = (): number => system() + ahead;
  const board = await openBoard({
    backend: sqlite({ file: ':memory:' }),
    lifecycles: [NEWSROOM],
    taskTypes: { article: 'newsroom', note: 'fast' },
    clock,
    ...options,
  });
  onTestFinished(() => board.close());
  const network = localNetwork();
  const reported: string[] = [];
  const onError = (what: string, error: unknown): void => void reported.push(`${what}: ${String(error)}`);
  return {
    board,
    network,
    clock,
    reported,
    surroundings: { board: await asAgentsSeeIt(board), network, clock, onError },
    pass: seconds => {
      ahead += seconds * 1_000_000;
    },
  };
}

/**
 * The board of an office as its agents have it: the board itself, or over HTTP where QUADRO_TEST_OFFICE says `http`, so that the
 * same tests hold for both.
 */
async function asAgentsSeeIt(board: Board): Promise<Office['surroundings']['board']> {
  if (process.env.QUADRO_TEST_OFFICE !== 'http') return board;
  const service = await board.serve({
    port: 0,
    requestsPerMinute: 0,
    logger: pino({ level: 'silent' }, new PassThrough().resume()),
  });
  const remote = await remoteBoard({ url: service.url });
  onTestFinished(async () => {
    await remote.close();
    await service.close(0);
  });
  return remote;
}

/** Registers an agent that nobody plays. */
export async function register(board: Board, agentId: string, ...capabilities: string[]): Promise<Agent> {
  const url = `a2a://${agentId}`;
  const card = { agent_id: agentId, name: agentId, url, version: '1', capabilities, description: '' };
  return (await board.registerAgent(card)).agent;
}

/** Posts a task and gives it. */
export async function post(board: Board, task_type: string, fields: { priority?: number } = {}): Promise<Task> {
  return (await board.postTask({ task_type, label: `a ${task_type}`, ...fields })).task;
}

/** The task as it is now. */
export async function taskNow(board: Board, taskId: string): Promise<Task> {
  return (await board.getTask(taskId)).task;
}

/** The statuses a task went through, heartbeats left out. */
export async function pathOf(board: Board, taskId: string): Promise<(string | null)[]> {
  const { events } = await board.getTaskHistory(taskId);
  return events.filter(event => event.event_type !== 'task_heartbeat').map(event => event.to_status);
}

/** A promise and the function that resolves it. */
export function gate<Value = void>(): { readonly opened: Promise<Value>; open(value: Value): void } {
  let open: (value: Value) => void = () => undefined;
  const opened = new Promise<Value>(resolve => {
    open = resolve;
  });
  return { opened, open: value => open(value) };
}

/** Waits until something is so; the test's own time limit ends it where it never is. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 2));
}
