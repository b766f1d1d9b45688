/**
 * Workers in a process of their own: all they need is the address of a board that `quadro serve` serves. They write articles and
 * review them until ctrl-C. In a clone run it with `npx node examples/http-worker.ts`, and with QUADRO_URL and QUADRO_TOKEN where the service
 * is elsewhere or asks for a token (permissions `read` and `work`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkContext, WorkerPool } from 'quadro';
import { httpNetwork, remoteBoard } from 'quadro/http';

const { QUADRO_URL = 'http://127.0.0.1:7337', QUADRO_TOKEN } = process.env;

async function write({ task, signal }: WorkContext): Promise<string> {
  console.log(`${task.task_id}: ${task.label} is being written`);
  await sleep(1000, undefined, { signal });
  return `All there is to say on ${task.label}`;
}

async function review({ task }: WorkContext): Promise<string> {
  console.log(`${task.task_id}: ${task.label} is approved`);
  return 'well done';
}

const board = await remoteBoard({ url: QUADRO_URL, ...(QUADRO_TOKEN && { token: QUADRO_TOKEN }) });
const workers = new WorkerPool({
  board,
  network: httpNetwork(),
  name: 'desk',
  capabilities: {
    article: { workers: 2, execute: write },
    review: { execute: review, reviewer: true },
  },
});
await board.run({ workers });
console.log(`At work on ${board.url}; ctrl-C stops it`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => board.close());
