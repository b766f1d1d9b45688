import { describe, expect, it } from 'vitest';
import { type LifecycleBuilder, lifecycle } from '../../board/core/lifecycle/builder.ts';
import { faultsOf } from '../../board/core/lifecycle/faults.ts';
import type { StageKind } from '../../board/core/statuses.ts';

const good = (): LifecycleBuilder => lifecycle('x').phase('UNASSIGNED', 'a').phase('a', 'done');
const faults = (builder: LifecycleBuilder): string[] => faultsOf(builder.build().definition);
const wide = 'é'.repeat(101);

describe('what a board refuses', () => {
  it('nothing of a lifecycle that can be used', () => {
    const whole = good()
      .revision('a', 'UNASSIGNED')
      .loop('a', 'a')
      .branch('a', 'STALE')
      .loop('STALE', 'UNASSIGNED')
      .branch('a', 'HUMAN_REVIEW')
      .kind('a', 'review')
      .kind('ON_HOLD', 'wait')
      .route('UNASSIGNED', 'a', '$task_type')
      .route('a', 'done', null);
    expect(faults(whole)).toEqual([]);
    expect(faults(good().branch('UNASSIGNED', 'é'.repeat(100)))).toEqual([]);
  });

  it.each<[string, LifecycleBuilder, string]>([
    ['no UNASSIGNED', lifecycle('x').phase('a', 'b'), 'no step leaves UNASSIGNED, where every task starts'],
    [
      'no step out of UNASSIGNED',
      lifecycle('x').phase('a', 'UNASSIGNED'),
      'no step leaves UNASSIGNED, where every task starts',
    ],
    ['an unreachable state', good().phase('lost', 'done'), 'status "lost" cannot be reached from UNASSIGNED'],
    [
      'no terminal',
      lifecycle('x').phase('UNASSIGNED', 'a').loop('a', 'UNASSIGNED'),
      'no status is terminal: a step leaves every status, so no task could ever finish',
    ],
    ['a repeated step', good().branch('a', 'done'), 'the step "a" → "done" is declared twice'],
    [
      "a built-in's name",
      lifecycle('fast').phase('UNASSIGNED', 'done'),
      'the name "fast" belongs to a built-in profile',
    ],
    ['an empty name', lifecycle('').phase('UNASSIGNED', 'done'), 'the name "" is empty'],
    [
      'a status without a column',
      good().loop('a', 'b').loop('b', 'a'),
      'status "b" has no column: only a revision, a loop or the start of a branch names it',
    ],
    ['an empty status', good().branch('a', ''), 'status "" is empty'],
    ['a NUL', good().branch('a', 'b\0'), 'status "b\\u0000" holds a NUL character'],
    ['a lone surrogate', good().branch('a', '\ud800'), 'status "\\ud800" holds a lone surrogate, which is no text'],
    ['a long status', good().branch('a', wide), `status "${'é'.repeat(59)}…" is too long: 202 bytes, at most 200`],
    ['a kind for an unknown status', good().kind('b c', 'wait'), 'kinds."b c": no step names this status'],
    [
      'a kind that is none',
      good().kind('a', 'busy' as StageKind),
      'kinds.a: "busy" is none of wait, active, review, rework, blocked, terminal',
    ],
    ['a route from an unknown status', good().route('b', 'a', null), 'routes.b: no step names this status'],
    [
      'a route along no step',
      good().route('UNASSIGNED', 'done', null),
      'routes.UNASSIGNED: the step "UNASSIGNED" → "done" is not declared',
    ],
    [
      'a route along an exit that is only added',
      good().route('a', 'ON_HOLD', null),
      'routes.a: the step "a" → "ON_HOLD" is not declared',
    ],
    ['an empty capability', good().route('UNASSIGNED', 'a', ''), 'routes.UNASSIGNED: its capability is empty'],
  ])('%s', (_, builder, fault) => {
    expect(faults(builder)).toEqual([fault]);
  });

  it('counts a status as reached through an exit that the profile leads out of', () => {
    expect(faults(good().phase('HUMAN_REVIEW', 'mended').phase('mended', 'done'))).toEqual([]);
  });

  it('no missing column of HUMAN_REVIEW or ON_HOLD, which every profile has', () => {
    expect(faults(good().loop('HUMAN_REVIEW', 'a').loop('ON_HOLD', 'a'))).toEqual([]);
  });

  it('every fault at once', () => {
    const bad = lifecycle('fast').phase('a', 'b').phase('a', 'b').loop('b', 'a').kind('z', 'wait').route('z', 'a', '');
    expect(faults(bad)).toEqual([
      'the name "fast" belongs to a built-in profile',
      'the step "a" → "b" is declared twice',
      'no step leaves UNASSIGNED, where every task starts',
      'no status is terminal: a step leaves every status, so no task could ever finish',
      'kinds.z: no step names this status',
      'routes.z: no step names this status',
      'routes.z: its capability is empty',
    ]);
  });
});
