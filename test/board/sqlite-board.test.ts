import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { boardSuite } from '../board-suite.ts';

boardSuite('SQLite, a file', {
  setup: () => {
    const dir = mkdtempSync(join(tmpdir(), 'quadro-test-'));
    return Promise.resolve({
      open: () => sqlite({ file: join(dir, 'board.db') }),
      teardown: () => Promise.resolve(rmSync(dir, { recursive: true })),
    });
  },
});

boardSuite('SQLite, in memory', {
  setup: () => Promise.resolve({ open: () => sqlite({ file: ':memory:' }) }),
  outlivesConnection: false,
});
