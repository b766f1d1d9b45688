import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, isStandardStatus, STANDARD_STATUSES } from '../../board/core/statuses.ts';
import { assertEventType, eventTypeOf, wakesChief } from '../../board/core/taxonomy.ts';

describe('the frozen taxonomy', () => {
  it('Q16: has eight types; any other is refused by name', () => {
    expect(EVENT_TYPES.map(assertEventType)).toEqual([
      'task_posted',
      'task_assigned',
      'task_heartbeat',
      'task_completed',
      'task_reviewed',
      'task_stale',
      'task_reassigned',
      'task_failed',
    ]);
    for (const text of ['x', '', 'task_posted ', 'TASK_POSTED', '__proto__']) {
      expect(() => assertEventType(text)).toThrow(
        expect.objectContaining({
          code: 'unsupported_event_type',
          message: `Unsupported frozen event type: ${text}`,
        }),
      );
    }
  });

  it.each([
    [null, 'UNASSIGNED', 'task_posted'],
    ['UNASSIGNED', 'IN_PROGRESS', 'task_assigned'],
    ['STALE', 'UNASSIGNED', 'task_reassigned'],
    ['IN_PROGRESS', 'STALE', 'task_stale'],
    ['PENDING_REVIEW', 'STALE', 'task_stale'],
    ['COMPLETE', 'HUMAN_REVIEW', 'task_failed'],
    ['IN_PROGRESS', 'PENDING_REVIEW', 'task_completed'],
    ['IN_PROGRESS', 'COMPLETE', 'task_completed'],
    ['REVISION_NEEDED', 'PENDING_REVIEW', 'task_completed'],
    ['REVISION_NEEDED', 'COMPLETE', 'task_completed'],
    ['PENDING_REVIEW', 'IN_PROGRESS', 'task_assigned'],
    ['REVISION_NEEDED', 'IN_PROGRESS', 'task_assigned'],
    ['IN_PROGRESS', 'APPROVED', 'task_reviewed'],
    ['IN_PROGRESS', 'REVISION_NEEDED', 'task_reviewed'],
    ['APPROVED', 'COMPLETE', 'task_reviewed'],
  ])('Q18: %s → %s is %s', (from, to, type) => {
    expect(eventTypeOf(from, to)).toBe(type);
  });

  it.each([
    ['UNASSIGNED', 'writing', 'task_completed'],
    ['writing', 'editing', 'task_completed'],
    ['writing', 'IN_PROGRESS', 'task_assigned'],
    ['writing', 'STALE', 'task_stale'],
    ['writing', 'HUMAN_REVIEW', 'task_failed'],
    ['writing', 'UNASSIGNED', 'task_reassigned'],
    ['writing', 'COMPLETE', 'task_completed'],
    ['writing', 'APPROVED', 'task_completed'],
    ['writing', 'ON_HOLD', 'task_completed'],
  ])('Q18, custom statuses: %s → %s is %s', (from, to, type) => {
    expect(eventTypeOf(from, to)).toBe(type);
  });

  it.each([
    ['IN_PROGRESS', 'ON_HOLD', 'task_failed'],
    ['COMPLETE', 'ON_HOLD', 'task_failed'],
    ['HUMAN_REVIEW', 'ON_HOLD', 'task_failed'],
    ['IN_PROGRESS', 'UNASSIGNED', 'task_reassigned'],
    ['HUMAN_REVIEW', 'UNASSIGNED', 'task_reassigned'],
    ['ON_HOLD', 'UNASSIGNED', 'task_reassigned'],
    ['STALE', 'IN_PROGRESS', 'task_assigned'],
    ['PENDING_REVIEW', 'APPROVED', 'task_completed'],
    ['UNASSIGNED', 'COMPLETE', 'task_completed'],
  ])('ours, where the reference fails: %s → %s is %s', (from, to, type) => {
    expect(eventTypeOf(from, to)).toBe(type);
  });

  it('every pair of statuses, custom ones included, is exactly one frozen type', () => {
    const status = fc.oneof(fc.constantFrom(...STANDARD_STATUSES), fc.string(), fc.constantFrom('UNASSIGNED>', '>'));
    fc.assert(
      fc.property(status, status, (from, to) => {
        const type = eventTypeOf(from, to);
        expect(assertEventType(type)).toBe(type);
        expect(['task_posted', 'task_heartbeat']).not.toContain(type);
        if (!isStandardStatus(to)) expect(type).toBe('task_completed');
        expect(type === 'task_stale').toBe(to === 'STALE');
        if (to === 'HUMAN_REVIEW') expect(type).toBe('task_failed');
        expect(eventTypeOf(from, to)).toBe(type);
      }),
    );
  });

  it('all but a heartbeat wake the Chief', () => {
    expect(EVENT_TYPES.filter(type => !wakesChief(type))).toEqual(['task_heartbeat']);
  });
});
