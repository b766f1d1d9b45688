import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { backendSuite } from '../backend-suite.ts';
import { tempDir } from '../support/temp.ts';

backendSuite('SQLite, a file', {
  setup: () => {
    const dir = mkdtempSync(join(tmpdir(), 'quadro-test-'));
    return Promise.resolve({
      open: () => sqlite({ file: join(dir, 'board.db') }),
      teardown: () => Promise.resolve(rmSync(dir, { recursive: true })),
    });
  },
});

backendSuite('SQLite, in memory', {
  setup: () => Promise.resolve({ open: () => sqlite({ file: ':memory:' }) }),
  outlivesConnection: false,
});

describe('SQLite: opening', () => {
  it('a database in memory belongs to its connection: another one has its own', async () => {
    const boards = await Promise.all([1, 2].map(() => openBoard({ backend: sqlite({ file: ':memory:' }) })));
    await boards[0]?.postTask({ task_type: 'memo', label: 'x' });
    const events = await Promise.all(boards.map(async board => (await board.streamEvents()).events.length));
    expect(events).toEqual([1, 0]);
    await Promise.all(boards.map(board => board.close()));
  });

  it('a failed open can be tried again with the same backend', async () => {
    const file = join(tempDir(), 'board.db');
    writeFileSync(file, 'This is no database, and long enough for SQLite to look at its header.'.repeat(20));
    const backend = sqlite({ file });
    await expect(backend.open()).rejects.toMatchObject({ code: 'storage_not_a_database' });
    rmSync(file);
    await backend.open();
    expect(await backend.readBoards()).toEqual([]);
    await backend.close();
  });

  it('mustExist and readOnly make no file', async () => {
    const file = join(tempDir(), 'board.db');
    for (const options of [{ mustExist: true }, { readOnly: true }]) {
      const backend = sqlite({ file, ...options });
      await expect(backend.open()).rejects.toMatchObject({ code: 'storage_failed' });
    }
    const backend = sqlite({ file });
    await backend.open();
    await backend.close();
  });

  it('several open a new file at once, and its schema is made once', async () => {
    const file = join(tempDir(), 'board.db');
    const backends = Array.from({ length: 6 }, () => sqlite({ file }));
    await Promise.all(backends.map(backend => backend.open()));
    for (const backend of backends) expect(await backend.readBoards()).toEqual([]);
    await Promise.all(backends.map(backend => backend.close()));
  });
});
