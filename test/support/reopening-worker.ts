/** A thread that opens the database which `workerData` tells of, and answers a board's row, its tasks and its events. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Backend, Reopening } from '../../board/backends/backend.ts';

const { reopening, boardId } = workerData as { reopening: Reopening; boardId: string };
const made = (await import(reopening.module)) as Record<string, (options: object) => Backend>;
const backend = made[reopening.factory]?.({ ...reopening.options, readOnly: true });
if (backend === undefined) throw new Error(`${reopening.module} has no ${reopening.factory}`);
await backend.open();
const board = await backend.readBoard(boardId);
const tasks = await backend.readTasks({ board_id: boardId, limit: 100 });
const events = await backend.readEvents({ board_id: boardId, after: 0, limit: 100 });
await backend.close();
parentPort?.postMessage({ board, tasks, events });
