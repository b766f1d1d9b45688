import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../board/core/records.ts';
import { flightPlanOf, stagesOf, summaryOf, totalsOf } from '../../board/core/stages.ts';
import type { StageKind } from '../../board/core/statuses.ts';
import { type Happening, historyOf } from '../support/rows.ts';

const S = 1_000_000;

/** Posted, worked on (two beats), reviewed, sent back, stalled, taken away, worked on again, done. */
const REVISED: readonly Happening[] = [
  { at: 0, to: 'UNASSIGNED', edge: 'post' },
  { at: 2 * S, to: 'WRITING', kind: 'active', agent: 'w1', cycle: 'c1' },
  { at: 3 * S },
  { at: 5.5 * S },
  { at: 6 * S, to: 'DRAFT' },
  { at: 10 * S, to: 'REVIEWING', kind: 'review', agent: 'r1' },
  { at: 11 * S, to: 'UNASSIGNED', edge: 'revision' },
  { at: 12 * S, to: 'WRITING', kind: 'active', agent: 'w2' },
  { at: 13 * S },
  { at: 20 * S, to: 'STALE', edge: 'stale', reason: 'stale_heartbeat' },
  { at: 21 * S, to: 'UNASSIGNED', edge: 'reassign' },
  { at: 21.5 * S, fenced: true },
  { at: 22 * S, to: 'WRITING', kind: 'active', agent: 'w1' },
  { at: 24.000001 * S, to: 'COMPLETE', kind: 'terminal', finishes: true },
  { at: 25 * S },
];

describe('stagesOf (analysis.md 1, 2)', () => {
  const stages = stagesOf(historyOf(REVISED));

  it('gives one stage a visit, with the status that was entered and its dwell', () => {
    expect(stages.map(({ status, visit, dwell_seconds }) => [status, visit, dwell_seconds])).toEqual([
      ['UNASSIGNED', 1, 2],
      ['WRITING', 1, 4],
      ['DRAFT', 1, 4],
      ['REVIEWING', 1, 1],
      ['UNASSIGNED', 2, 1],
      ['WRITING', 2, 8],
      ['STALE', 1, 1],
      ['UNASSIGNED', 3, 1],
      ['WRITING', 3, 2.000001],
      ['COMPLETE', 1, null],
    ]);
  });

  it('gives a closed stage whole', () => {
    expect(stages[1]).toEqual({
      status: 'WRITING',
      stage_kind: 'active',
      visit: 1,
      entered_at: 2 * S,
      exited_at: 6 * S,
      dwell_seconds: 4,
      assigned_to: 'w1',
      cycle_id: 'c1',
      entered_sequence_id: 2,
      exited_sequence_id: 5,
      edge_in: 'forward',
      edge_out: 'forward',
      heartbeats: 2,
      last_heartbeat_at: 5.5 * S,
      max_heartbeat_gap_seconds: 2.5,
    });
  });

  it('counts the running values of the open stage from its beats, late ones apart', () => {
    const open = (count: number) => stagesOf(historyOf(REVISED.slice(0, count))).at(-1);
    expect(open(2)).toMatchObject({ heartbeats: 0, last_heartbeat_at: null, max_heartbeat_gap_seconds: null });
    expect(open(4)).toMatchObject({
      status: 'WRITING',
      exited_at: null,
      dwell_seconds: null,
      edge_out: null,
      heartbeats: 2,
      last_heartbeat_at: 5.5 * S,
      max_heartbeat_gap_seconds: 2.5,
    });
    expect(open(12)).toMatchObject({ status: 'UNASSIGNED', visit: 3, heartbeats: 0 });
    expect(open(15)).toMatchObject({ status: 'COMPLETE', heartbeats: 1, max_heartbeat_gap_seconds: 0.999999 });
  });

  it('names the status that was entered, not the one a broken link of an import left', () => {
    const history = historyOf(REVISED.slice(0, 5));
    const broken = history.map((event, i) => (i === 4 ? { ...event, from_status: 'LOST', edge: 'unlinked' } : event));
    expect(stagesOf(broken as Event[])[1]).toMatchObject({ status: 'WRITING', edge_out: 'unlinked' });
  });

  it('has nothing to say of no events, and falls back on from_status where the log begins later', () => {
    expect(stagesOf([])).toEqual([]);
    expect(stagesOf(historyOf(REVISED).slice(4)).at(0)).toMatchObject({ status: 'WRITING', dwell_seconds: 4 });
  });
});

describe('totalsOf (analysis.md 3)', () => {
  it('splits the time up to the first finish', () => {
    // wait: 2 + 4 + 1 + 1 (STALE) + 1; active: 4 + 1 (review) + 1 (up to the beat at 13) + 2.000001; lost: 13 to 20
    expect(totalsOf(historyOf(REVISED))).toEqual({
      active_seconds: 8.000001,
      wait_seconds: 9,
      lost_seconds: 7,
      blocked_seconds: 0,
    });
  });

  const stalled = (happening: Partial<Happening>, beats: readonly Happening[] = []) =>
    totalsOf(
      historyOf([
        { at: 0, to: 'UNASSIGNED', edge: 'post' },
        { at: 1 * S, to: 'WRITING', kind: 'active' },
        ...beats,
        { at: 9 * S, to: 'STALE', edge: 'stale', ...happening },
      ]),
    );

  it('takes a stage without a heartbeat as lost from its entry', () => {
    expect(stalled({ reason: 'stale_heartbeat' })).toMatchObject({ active_seconds: 0, lost_seconds: 8 });
  });

  it('goes by the reason, not by the edge: HUMAN_REVIEW for a stale heartbeat is lost, STALE by hand is not', () => {
    const beats = [{ at: 3 * S }];
    const exit = { to: 'HUMAN_REVIEW', edge: 'exit', kind: 'blocked' } as const;
    expect(stalled({ ...exit, reason: 'stale_heartbeat' }, beats)).toMatchObject({
      active_seconds: 2,
      lost_seconds: 6,
    });
    expect(stalled({ ...exit, reason: 'worker_error' }, beats)).toMatchObject({ active_seconds: 8, lost_seconds: 0 });
    expect(stalled({ reason: 'by hand' }, beats)).toMatchObject({ active_seconds: 8, lost_seconds: 0 });
  });

  it('takes an imported task_stale without a reason as a stale heartbeat', () => {
    expect(stalled({}, [{ at: 3 * S }])).toMatchObject({ active_seconds: 2, lost_seconds: 6 });
  });

  it('counts blocked time of a task that was resumed before it finished', () => {
    const totals = totalsOf(
      historyOf([
        { at: 0, to: 'UNASSIGNED', edge: 'post' },
        { at: 1 * S, to: 'HUMAN_REVIEW', edge: 'exit', kind: 'blocked' },
        { at: 4 * S, to: 'UNASSIGNED', edge: 'reassign' },
        { at: 6 * S, to: 'COMPLETE', kind: 'terminal', finishes: true },
      ]),
    );
    expect(totals).toEqual({ active_seconds: 0, wait_seconds: 3, lost_seconds: 0, blocked_seconds: 3 });
  });
});

describe('summaryOf (analysis.md 5)', () => {
  it('counts revisions, stale stages and reassignments', () => {
    expect(summaryOf(historyOf(REVISED))).toMatchObject({
      terminal_at: 24.000001 * S,
      elapsed_seconds: 24.000001,
      revisions: 1,
      stale_count: 1,
      reassignments: 1,
      censored: false,
    });
  });

  it('ends at the first finish, whatever happens after it', () => {
    const finished = historyOf(REVISED);
    const resumed = historyOf([
      ...REVISED,
      { at: 30 * S, to: 'HUMAN_REVIEW', edge: 'exit', kind: 'blocked', finishes: true },
      { at: 40 * S, to: 'UNASSIGNED', edge: 'reassign' },
    ]);
    const { reassignments, ...figures } = summaryOf(resumed);
    expect(figures).toEqual((({ reassignments: _, ...rest }) => rest)(summaryOf(finished)));
    expect(reassignments).toBe(2);
    expect(summaryOf(resumed.slice(0, finished.length))).toEqual(summaryOf(finished));
  });

  it('is censored while the task has not finished, its totals ending with the last closed stage', () => {
    expect(summaryOf(historyOf(REVISED.slice(0, 4)))).toEqual({
      active_seconds: 0,
      wait_seconds: 2,
      lost_seconds: 0,
      blocked_seconds: 0,
      terminal_at: null,
      elapsed_seconds: null,
      revisions: 0,
      stale_count: 0,
      reassignments: 0,
      censored: true,
    });
  });

  const KINDS: readonly StageKind[] = ['wait', 'active', 'review', 'rework', 'blocked'];
  const step = fc.record({
    after: fc.integer({ min: 0, max: 10 ** 12 }),
    isBeat: fc.boolean(),
    fenced: fc.boolean(),
    kind: fc.constantFrom(...KINDS),
    edge: fc.constantFrom('forward', 'revision', 'stale', 'reassign', 'exit', 'unlinked'),
    reason: fc.constantFrom('stale_heartbeat', 'worker_error', undefined),
    to: fc.constantFrom('A', 'B', 'STALE'),
  });

  it('has totals that sum to elapsed, to the microsecond, in any history', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(10 ** 12), (steps, lastWait) => {
        let at = 1_700_000_000_000_000;
        const happenings: Happening[] = [{ at, to: 'UNASSIGNED', edge: 'post' }];
        for (const { after, isBeat, fenced, kind, edge, reason, to } of steps) {
          at += after;
          const move = { at, to, kind, edge, ...(reason !== undefined && { reason }) } as const;
          happenings.push(isBeat ? { at, fenced } : move);
        }
        at += lastWait;
        happenings.push({ at, to: 'COMPLETE', kind: 'terminal', finishes: true });
        happenings.push({ at: at + 5, to: 'HUMAN_REVIEW', edge: 'exit', kind: 'blocked' });
        const { active_seconds, wait_seconds, lost_seconds, blocked_seconds, elapsed_seconds } = summaryOf(
          historyOf(happenings),
        );
        const parts = [active_seconds, wait_seconds, lost_seconds, blocked_seconds].map(part => Math.round(part * S));
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(at - 1_700_000_000_000_000);
        expect(Math.round((elapsed_seconds ?? -1) * S)).toBe(at - 1_700_000_000_000_000);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('derives the open stage to the same values as its closing event carries', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), steps => {
        let at = 0;
        const happenings: Happening[] = [{ at, to: 'A', edge: 'post', kind: 'active' }];
        for (const { after, isBeat, fenced, to, kind } of steps) {
          at += after;
          happenings.push(isBeat ? { at, fenced } : { at, to, kind });
        }
        const open = stagesOf(historyOf(happenings)).at(-1);
        const closed = stagesOf(historyOf([...happenings, { at: at + 1, to: 'B' }])).at(-2);
        expect({ ...closed, exited_at: null, exited_sequence_id: null, dwell_seconds: null, edge_out: null }).toEqual(
          open,
        );
      }),
    );
  });
});

describe('flightPlanOf (analysis.md 5)', () => {
  it('joins metadata, stages, figures, flight log and the raw events', () => {
    const history = historyOf(REVISED);
    const entry = { entry_id: 1, task_id: 't1', stage: 'WRITING', payload: { words: 900 }, timestamp: 3 * S };
    const row = {
      task_id: 't1',
      task_type: 'article',
      label: 'Bees',
      priority: 3,
      status: 'COMPLETE',
      created_at: 0,
      output: 'text',
      notes: ['n'],
    };
    const plan = flightPlanOf(row as unknown as Parameters<typeof flightPlanOf>[0], history, [entry]);
    expect(plan).toEqual({
      ...row,
      ...summaryOf(history),
      stages: stagesOf(history),
      flight_log: [entry],
      events: history,
    });
  });
});
