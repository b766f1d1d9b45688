import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformanceRow, openAnalysis } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { Json } from '../../board/core/json.ts';
import { isoOf } from '../../board/core/time.ts';
import { importReference } from '../../board/import/reference.ts';
import { openBoard } from '../../board/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';
import { rowsOf } from './rows-of.ts';
import { at, openSmallLog, openTimedBoard } from './small-log.ts';

type Row = Record<string, Json>;

/** What is no fault in the small log: t4 is still open, and t3, the only brief, went to a person. */
const NO_FAULTS = [
  ['ended_non_terminal', 'review_required', 'UNASSIGNED', null, 1, 't4', 24],
  ['unused_edge', 'fast', 'IN_PROGRESS', 'COMPLETE', 0, null, null],
  ['unused_edge', 'fast', 'IN_PROGRESS', 'STALE', 0, null, null],
  ['unused_edge', 'fast', 'STALE', 'UNASSIGNED', 0, null, null],
];

const short = (row: ConformanceRow) => [
  row.kind,
  row.profile,
  row.from_status,
  row.to_status,
  row.count,
  row.example_task_id,
  row.example_sequence_id,
];

describe('conformance of the small log', () => {
  let board: Board;
  beforeAll(async () => {
    board = await openSmallLog();
  });
  afterAll(() => board.close());

  /** What is found in an export of which a table's rows were changed. */
  async function findings(table: string, change: (rows: Row[]) => Row[]) {
    const folder = join(tempDir(), 'log');
    await exportLog(board, { to: folder, format: 'ndjson' });
    const file = join(folder, `${table}.ndjson`);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const changed = change(lines.map(line => JSON.parse(line) as Row)).map(row => `${JSON.stringify(row)}\n`);
    await writeFile(file, changed.join(''));
    const analysis = await openAnalysis(folder);
    try {
      return (await rowsOf(analysis, 'conformance')).map(short);
    } finally {
      await analysis.close();
    }
  }

  const numbered = (rows: Row[], sequenceId: number, changes: Row) =>
    rows.map(row => (row.sequence_id === sequenceId ? { ...row, ...changes } : row));

  it('finds no fault, what is open, and what was never used', async () => {
    const analysis = await openAnalysis(board);
    const rows = await rowsOf(analysis, 'conformance');
    expect(rows.map(short)).toEqual(NO_FAULTS);
    expect(new Set(rows.map(row => row.board_uid))).toEqual(new Set([(await board.board()).board_uid]));
    await analysis.close();
  });

  it('a step outside the profile', async () => {
    const found = await findings('events', rows => numbered(rows, 23, { to_status: 'REVISION_NEEDED' }));
    expect(found[0]).toEqual(['outside_profile', 'review_required', 'APPROVED', 'REVISION_NEEDED', 1, 't2', 23]);
    expect(found.slice(1)).toEqual(NO_FAULTS);
  });

  it('a profile that the log does not hold: its steps cannot be judged', async () => {
    const found = await findings('profiles', rows => rows.filter(row => row.profile !== 'fast'));
    expect(found).toEqual([['unknown_profile', 'fast', null, null, 2, 't3', 9], NO_FAULTS[0]]);
  });

  it('a missing number, several, and a whole stretch from the beginning', async () => {
    const one = await findings('events', rows => rows.filter(row => row.sequence_id !== 4));
    expect(one).toEqual([['sequence_gap', null, null, null, 1, null, 4], ...NO_FAULTS]);
    const shift = (rows: Row[], by: number) => rows.map(row => ({ ...row, sequence_id: Number(row.sequence_id) + by }));
    const stretch = await findings('events', rows => [...rows.slice(0, 3), ...shift(rows.slice(3), 100)]);
    expect(stretch[0]).toEqual(['sequence_gap', null, null, null, 100, null, 4]);
    const beginning = await findings('events', rows => shift(rows, 64));
    expect(beginning[0]).toEqual(['sequence_gap', null, null, null, 64, null, 1]);
  });

  it('a number that comes three times', async () => {
    const found = await findings('events', rows => [...rows, ...rows.slice(5, 6), ...rows.slice(5, 6)]);
    expect(found).toEqual([['sequence_duplicate', null, null, null, 2, 't2', 6], ...NO_FAULTS]);
  });

  it('a gap and a duplicate do not make up for each other', async () => {
    const found = await findings('events', rows => [...rows.filter(row => row.sequence_id !== 4), ...rows.slice(5, 6)]);
    expect(found.slice(0, 2).map(row => [row[0], row[4], row[6]])).toEqual([
      ['sequence_gap', 1, 4],
      ['sequence_duplicate', 1, 6],
    ]);
  });

  it('a step before the one before it', async () => {
    const found = await findings('events', rows => numbered(rows, 9, { timestamp: isoOf(at(20)) }));
    expect(found).toEqual([['time_goes_back', 'fast', 'UNASSIGNED', 'IN_PROGRESS', 1, 't3', 9], ...NO_FAULTS]);
  });
});

describe('conformance of other boards', () => {
  it('exits and ways back are allowed, and no edge is unused of a profile that nobody follows', async () => {
    const { board, setSeconds } = await openTimedBoard();
    const ways = { t1: ['ON_HOLD'], t2: ['IN_PROGRESS', 'HUMAN_REVIEW'] };
    let second = 0;
    for (const [task_id, statuses] of Object.entries(ways)) {
      setSeconds(++second);
      await board.postTask({ task_id, task_type: 'brief', label: '' });
      for (const to_status of statuses) {
        setSeconds(++second);
        await board.updateTask({ task_id, to_status, assigned_to: 'w' });
      }
    }
    const analysis = await openAnalysis(board);
    const rows = await rowsOf(analysis, 'conformance');
    expect(rows.map(row => [row.kind, row.profile])).toEqual(Array(3).fill(['unused_edge', 'fast']));
    await analysis.close();
    await board.close();
  });

  it('a board of the reference implementation: its four broken links, as the shared figures list them', async context => {
    const backend = sqlite({ file: ':memory:' });
    await importReference(requireShared('data/newsroom.db', context), { into: backend });
    const board = await openBoard({ backend });
    const analysis = await openAnalysis(board);
    const expected = JSON.parse(await readFile(requireShared('data/expected/newsroom.json', context), 'utf8')) as {
      unlinked_sequence_ids: number[];
    };
    const rows = await rowsOf(analysis, 'conformance');
    const links = rows.filter(row => row.kind === 'broken_link');
    expect(links.reduce((sum, row) => sum + row.count, 0)).toBe(expected.unlinked_sequence_ids.length);
    expect(Math.min(...links.map(row => row.example_sequence_id ?? 0))).toBe(
      Math.min(...expected.unlinked_sequence_ids),
    );
    expect(rows.filter(row => !['broken_link', 'unused_edge'].includes(row.kind))).toEqual([]);
    await analysis.close();
    await board.close();
  });
});
