import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { checkLog } from '../../board/check/check.ts';
import { importLog, openBoard } from '../../board/index.ts';
import { fileOf } from '../import/event-log/files.ts';
import { tempDir } from '../support/temp.ts';

/** 1 c1 open, 2 c1 work, 3 c2 open, 4 c1 done: the last of c1; c2 ends with 5. */
const LOG = `task_id,status,timestamp
c1,open,2024-01-01T10:00:00Z
c1,work,2024-01-01T10:05:00Z
c2,open,2024-01-01T10:06:00Z
c1,done,2024-01-01T10:07:00Z
c2,work,2024-01-01T10:08:00Z
`;

describe('checkLog of an imported event log', () => {
  const FAULTS: readonly (readonly [what: string, sql: string, codes: readonly string[]])[] = [
    ['nothing', 'update events set payload = payload', []],
    [
      'a step that no case took',
      `update events set to_status = 'open' where sequence_id = 4`,
      ['illegal_edge', 'row_differs'],
    ],
    ['a step of another kind', `update events set edge = 'loop' where sequence_id = 2`, ['edge_kind', 'stage_left']],
    ['a post of another kind', `update events set edge = 'forward' where sequence_id = 1`, ['edge_kind', 'stage_left']],
    [
      'a stay of another kind',
      `update events set stage_kind = 'active' where sequence_id = 2`,
      ['stage_kind', 'stage_left'],
    ],
    ['an end that is none', `update events set stage_kind = 'wait' where sequence_id = 4`, ['stage_kind']],
    [
      'an end without its kind',
      'update events set finished_sequence_id = null where sequence_id = 4',
      ['row_differs', 'stage_kind'],
    ],
    [
      'an end before the last row',
      'update events set finished_sequence_id = 2 where sequence_id in (2, 4)',
      ['finish', 'row_differs', 'stage_kind'],
    ],
    [
      'times that go back',
      'update events set timestamp = timestamp - 600000000 where sequence_id = 4',
      ['row_differs', 'time_order'],
    ],
    ['a row that says otherwise', `update tasks set status = 'open' where task_id = 'c1'`, ['row_differs']],
  ];

  it.each(FAULTS)('finds %s, and inherits nothing', async (_, sql, expected) => {
    const file = join(tempDir(), 'board.db');
    const into = sqlite({ file });
    await importLog(fileOf('log.csv', LOG), { into });
    await into.close();
    const database = new BetterSqlite3(file);
    database.exec(sql);
    database.close();
    const board = await openBoard({ backend: sqlite({ file }), readOnly: true });
    const { ok, inherited, faults } = await checkLog(board);
    await board.close();
    const found = [...new Set(faults.map(({ code }) => code))].sort();
    expect({ ok, inherited, found }).toEqual({ ok: expected.length === 0, inherited: 0, found: [...expected] });
  });
});
