import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { joinLogs } from './join-logs.ts';
import { rowsOf } from './rows-of.ts';
import { openSilentLog } from './silent-log.ts';
import { openSmallLog } from './small-log.ts';

/** Every figure here was worked out by hand from the times listed in silent-log.ts. */
describe('the agents of the log of silent workers', () => {
  let board: Board;
  let analysis: Analysis;
  beforeAll(async () => {
    board = await openSilentLog();
    analysis = await openAnalysis(board);
  });
  afterAll(async () => {
    await analysis.close();
    await board.close();
  });

  it('w1: two attempts succeeded, one failed, one went stale, one is under way', async () => {
    const [w1] = await rowsOf(analysis, 'agents_summary');
    expect(w1).toMatchObject({
      board_uid: (await board.board()).board_uid,
      agent_id: 'w1',
      attempts: 4,
      open_attempts: 1,
      reviews: 0,
      succeeded: 2,
      failed: 1,
      stale: 1,
      withdrawn: 0,
      success_rate: 0.5,
      stale_rate: 0.25,
      decisions: 2,
      revisions: 1,
      revision_rate: 0.5,
      active_seconds: 65,
      lost_seconds: 40,
      known_seconds: 205,
      // It held work for 105 s, and since 90 that of d as well: more than it was known for.
      utilisation: 1,
    });
  });

  it('the others: a reviewer, two that lost their work, and one that never had any', async () => {
    const [, r1, w2, w3, gone, ...more] = await rowsOf(analysis, 'agents_summary');
    expect(more).toEqual([]);
    expect(r1).toMatchObject({
      agent_id: 'r1',
      attempts: 2,
      reviews: 2,
      succeeded: 2,
      decisions: 0,
      revision_rate: null,
    });
    expect(r1).toMatchObject({
      revision_rate_low: null,
      revision_rate_high: null,
      active_seconds: 20,
      known_seconds: 202,
    });
    expect(r1?.utilisation).toBeCloseTo(20 / 202, 12);
    expect(w2).toMatchObject({ agent_id: 'w2', stale: 2, success_rate: 0, active_seconds: 20, lost_seconds: 110 });
    expect(w2?.utilisation).toBeCloseTo(130 / 204, 12);
    expect(w3).toMatchObject({ agent_id: 'w3', attempts: 1, withdrawn: 1, success_rate: 0, stale_rate: 0 });
    expect(gone).toMatchObject({
      agent_id: 'gone',
      attempts: 0,
      success_rate: null,
      success_rate_low: null,
      known_seconds: 0,
    });
    expect(gone?.utilisation).toBeNull();
  });

  it('Wilson’s interval: of 1 in 4 from 4.6 to 69.9 %, of 2 in 2 from 34.2 %, of 0 in 1 up to 79.3 %', async () => {
    const [w1, r1, , w3] = await rowsOf(analysis, 'agents_summary');
    expect(w1?.stale_rate_low).toBeCloseTo(0.0456, 4);
    expect(w1?.stale_rate_high).toBeCloseTo(0.6994, 4);
    expect(r1?.success_rate_low).toBeCloseTo(0.3424, 4);
    expect(r1?.success_rate_high).toBe(1);
    expect(w3?.stale_rate_low).toBe(0);
    expect(w3?.stale_rate_high).toBeCloseTo(0.7935, 4);
  });

  it('handovers: to oneself, to the reviewer and back, and of work whose agent went silent', async () => {
    const found = await rowsOf(analysis, 'handovers');
    expect(found.map(row => [row.from_agent_id, row.to_agent_id, row.count, row.share, row.revisions])).toEqual([
      ['w1', 'r1', 2, 0.4, 0],
      ['r1', 'w1', 1, 0.2, 1],
      ['w1', 'w1', 1, 0.2, 0],
      ['w2', 'w1', 1, 0.2, 0],
    ]);
    expect(found[0]).toMatchObject({ total_wait_seconds: 10.5, mean_wait_seconds: 5.25, p50_wait_seconds: 5.25 });
    expect(found[0]?.p95_wait_seconds).toBeCloseTo(5.475, 9);
    expect(found.slice(1).map(row => row.mean_wait_seconds)).toEqual([5, 10, 69]);
  });

  it('a file of events alone has the work, but not since when an agent is known', async () => {
    const file = join(tempDir(), 'events.parquet');
    await exportLog(board, { to: file });
    const events = await openAnalysis(file);
    try {
      const [w1] = await rowsOf(events, 'agents_summary');
      expect(w1).toMatchObject({ agent_id: 'w1', attempts: 4, known_seconds: null, utilisation: null });
      expect(await rowsOf(events, 'handovers')).toEqual(await rowsOf(analysis, 'handovers'));
      expect(await rowsOf(events, 'stale')).toEqual(await rowsOf(analysis, 'stale'));
    } finally {
      await events.close();
    }
  });
});

describe('two boards whose agents have the same names', () => {
  it('are different agents, and the tasks of one name different tasks', async () => {
    const folder = tempDir();
    const uids: string[] = [];
    for (const [index, open] of [openSilentLog, openSmallLog].entries()) {
      const board = await open();
      uids.push((await board.board()).board_uid);
      await exportLog(board, { to: join(folder, `${index}`), format: 'ndjson' });
      await board.close();
    }
    await joinLogs([join(folder, '0'), join(folder, '1')], join(folder, 'both'));
    const analysis = await openAnalysis(join(folder, 'both'));
    try {
      const agents = await rowsOf(analysis, 'agents_summary');
      const attempts = (agent: string) =>
        uids.map(uid => agents.find(row => row.agent_id === agent && row.board_uid === uid)?.attempts);
      expect(attempts('w1')).toEqual([4, 2]);
      expect(attempts('r1')).toEqual([2, 3]);
      const stale = await rowsOf(analysis, 'stale');
      expect(stale[0]).toMatchObject({ dimension: 'all', attempts: 17, stale: 4 });
      expect(stale.filter(row => row.key === 'w2').map(row => [row.board_uid, row.stale])).toEqual([
        [uids[0], 2],
        [uids[1], 1],
      ]);
      const handovers = await rowsOf(analysis, 'handovers');
      const count = (uid: string | undefined) =>
        handovers.filter(row => row.board_uid === uid).reduce((sum, row) => sum + row.count, 0);
      expect(uids.map(count)).toEqual([5, 5]);
    } finally {
      await analysis.close();
    }
  });
});
