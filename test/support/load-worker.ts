/**
 * A process that loads a board: waits for a line on stdin, then several callers post tasks and carry them to COMPLETE,
 * every command with an idempotency key. What it tries and what was acknowledged goes to a file, a JSON line each, which
 * outlives a `kill -9`.
 *
 *     node load-worker.ts BOARD_FILE LINES_FILE RUN_NAME CALLERS TASKS_A_CALLER
 */
import { openSync, writeSync } from 'node:fs';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Intent, ParamsOf, ResultOf } from '../../board/core/intents.ts';
import { openBoard } from '../../board/open-board.ts';

/** A line of the file: a command before it is sent, or the event by which it was acknowledged. */
export type LoadLine =
  | { readonly key: string; readonly intent: Intent; readonly params: ParamsOf<Intent> }
  | { readonly key: string; readonly sequence_id: number };

type Loading = 'board.post_task' | 'board.update_task' | 'board.post_agent_heartbeat' | 'worker.post_result';

async function load([file, lines, run, callers, tasks]: readonly string[]): Promise<void> {
  const out = openSync(lines ?? '', 'a');
  const note = (line: LoadLine): unknown => writeSync(out, `${JSON.stringify(line)}\n`);
  const board = await openBoard({ backend: sqlite({ file: file ?? '' }), taskTypes: { memo: 'fast' } });

  async function command<I extends Loading>(key: string, intent: I, params: ParamsOf<I>): Promise<ResultOf<I>> {
    note({ key, intent, params });
    const result = await board.call(intent, params, { idempotencyKey: key });
    note({ key, sequence_id: result.event?.sequence_id ?? 0 });
    return result;
  }

  async function caller(name: string): Promise<void> {
    const agent_id = `agent ${name}`;
    await board.registerAgent({
      agent_id,
      name,
      url: 'a2a://x',
      version: '1',
      capabilities: ['memo'],
      description: 'works',
    });
    for (let n = 0; n < Number(tasks); n++) {
      const key = (step: string): string => `${name}.${n}.${step}`;
      const { task } = await command(key('post'), 'board.post_task', { task_type: 'memo', label: key('post') });
      const { task_id } = task;
      const move = { task_id, to_status: 'IN_PROGRESS', assigned_to: agent_id };
      await command(key('assign'), 'board.update_task', move);
      await command(key('beat'), 'board.post_agent_heartbeat', { agent_id, task_id });
      await command(key('result'), 'worker.post_result', { task_id, output: { n }, agent_id });
    }
  }

  await Promise.all(Array.from({ length: Number(callers) }, (_, index) => caller(`${run}.${index}`)));
  await board.close();
}

process.stdin.once('data', () => {
  process.stdin.destroy();
  void load(process.argv.slice(2));
});
process.stdout.write('ready\n');
