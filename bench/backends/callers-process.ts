/** A process of callers, as {@link runProcesses} starts it: says when it is ready, waits for `go`, says what it did. */
import { once } from 'node:events';
import { registerCallers, runCallers } from './callers.ts';
import { openBoardAt } from './open-board-at.ts';
import type { ProcessJob } from './run-processes.ts';

// Whoever started it is gone: nobody waits for its figures.
process.once('disconnect', () => process.exit(1));

const { url, load, warmUpMs }: ProcessJob = JSON.parse(process.argv[2] ?? '');
const warm = await openBoardAt(url, `warm-${load.firstCaller}`);
await registerCallers(warm, load);
await runCallers(warm, { ...load, forMs: warmUpMs });
await warm.close();
const board = await openBoardAt(url);
await registerCallers(board, load);
process.send?.('ready');
await once(process, 'message');
process.send?.(await runCallers(board, load));
await once(process, 'message');
await board.close();
process.exit();
