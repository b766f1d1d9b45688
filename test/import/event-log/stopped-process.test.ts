import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLog } from '../../../board/check/check.ts';
import { importLog, openBoard } from '../../../board/index.ts';
import { databaseKinds } from '../../support/database-kinds.ts';
import { fileOf } from './files.ts';

const PROCESS = join(import.meta.dirname, 'import-process.ts');

/** Several thousand rows, so that a transaction of many statements is under way. */
function manyRows(): string {
  const rows = Array.from({ length: 5_000 }, (_, index) => `c${index % 700},s${index % 5},${1_700_000_000 + index}`);
  return fileOf('log.csv', `task_id,status,timestamp\n${rows.join('\n')}\n`);
}

it.for(databaseKinds())('an import into $name that is killed as it writes leaves no board', async (kind, context) => {
  if (kind.skip !== undefined) context.skip(kind.skip);
  const database = await kind.create();
  const log = manyRows();
  const child = spawn(process.execPath, ['--no-warnings', PROCESS, database.url, log], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  const backend = database.backend();
  await backend.open();
  expect(await backend.readBoards()).toEqual([]);
  expect(await backend.readEvents({ board_id: 'default', after: 0, limit: 10 })).toEqual([]);
  expect(await importLog(log, { into: backend, timeFormat: 'X' })).toMatchObject({ events: 5_000, tasks: 700 });
  const board = await openBoard({ backend });
  expect(await checkLog(board)).toMatchObject({ ok: true, own: 0, events: 5_000, tasks: 700 });
  await board.close();
});
