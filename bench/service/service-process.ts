/** A board served over HTTP, in a process of its own: SQLite on disk as it is by default, every request logged to a file. */
import { join } from 'node:path';
import { pino } from 'pino';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { serveBoard } from '../../board/service/index.ts';
import { jobOf } from '../spans/child.ts';

const { folder } = jobOf<{ folder: string }>();
const board = await openBoard({ backend: sqlite({ file: join(folder, 'board.db') }), taskTypes: { memo: 'fast' } });
const logger = pino({}, pino.destination(join(folder, 'service.log')));
const service = await serveBoard(board, { port: 0, requestsPerMinute: 0, logger });
process.once('disconnect', async () => {
  await service.close(1);
  await board.close();
  process.exit();
});
process.send?.({ url: service.url });
