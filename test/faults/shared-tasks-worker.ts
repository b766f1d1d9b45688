/**
 * A process whose callers take part in the life of the same tasks: each goes through all of them, posts, assigns, beats for
 * and finishes whatever the others have left to do. Every command has a name of its own (its actor, which its event keeps);
 * every second one an idempotency key as well. What is tried and how it was answered goes to a file, a JSON line each.
 *
 *     node shared-tasks-worker.ts BOARD_URL LINES_FILE RUN_NAME CALLERS TASKS FIRST_TASK
 */
import { openSync, writeSync } from 'node:fs';
import { quadroErrorOf } from '../../board/core/errors.ts';
import type { ParamsOf, ResultOf } from '../../board/core/intents.ts';
import type { Task } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';

/** A line of the file: a command before it is sent, or what became of it. */
export type SharedLine =
  | { readonly name: string; readonly intent: SharedIntent; readonly params: object; readonly key: string | null }
  | { readonly name: string; readonly sequence_id: number }
  | { readonly name: string; readonly refused: string };

/** What the callers ask. */
export type SharedIntent =
  | 'board.post_task'
  | 'board.update_task'
  | 'board.post_agent_heartbeat'
  | 'worker.post_result';

/** The id of the nth task. */
const taskIdOf = (n: number): string => `task ${n}`;

async function work([
  url = '',
  lines = '',
  run = '',
  callers = '',
  tasks = '',
  first = '',
]: readonly string[]): Promise<void> {
  const out = openSync(lines, 'a');
  const note = (line: SharedLine): unknown => writeSync(out, `${JSON.stringify(line)}\n`);
  const board = await openBoard({ backend: backendOfUrl(url), taskTypes: { memo: 'fast' } });
  let commands = 0;

  async function command<I extends SharedIntent>(intent: I, params: ParamsOf<I>): Promise<ResultOf<I> | null> {
    commands++;
    const name = `${run}.${commands}`;
    const key = commands % 2 === 0 ? `key ${name}` : null;
    note({ name, intent, params, key });
    try {
      const result = await board.call(intent, params, { actor: name, idempotencyKey: key });
      note({ name, sequence_id: result.event?.sequence_id ?? 0 });
      return result;
    } catch (error) {
      note({ name, refused: quadroErrorOf(error).code });
      return null;
    }
  }

  /** One task as far as it goes: what somebody else has done already is refused, and left to them. */
  async function carry(agent_id: string, task_id: string): Promise<void> {
    await command('board.post_task', { task_id, task_type: 'memo', label: task_id });
    const assigned = await command('board.update_task', { task_id, to_status: 'IN_PROGRESS', assigned_to: agent_id });
    const task: Task | undefined = assigned?.task;
    if (task === undefined) return;
    const fence = task.entered_sequence_id;
    await command('board.post_agent_heartbeat', { agent_id, task_id, fence });
    await command('worker.post_result', { task_id, output: run, agent_id, fence });
  }

  async function caller(index: number): Promise<void> {
    const agent_id = `agent ${run}.${index}`;
    await board.registerAgent({ agent_id, name: run, url: 'a2a://x', version: '1', capabilities: [], description: '' });
    const total = Number(tasks);
    // Each process begins elsewhere, so that all have a share, and meets what the others have done.
    for (let n = index; n < total; n += Number(callers)) await carry(agent_id, taskIdOf((Number(first) + n) % total));
  }

  await Promise.all(Array.from({ length: Number(callers) }, (_, index) => caller(index)));
  await board.close();
}

process.stdin.once('data', () => {
  process.stdin.destroy();
  void work(process.argv.slice(2));
});
process.stdout.write('ready\n');
