import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskTraceId } from '../../board/core/trace-ids.ts';
import { checkSampleRatio, isSampled } from '../../board/core/trace-sampling.ts';

const IDS = Array.from({ length: 20_000 }, (_, index) => taskTraceId('b1', `t${index}`));

const traceIds = fc
  .array(fc.integer({ min: 0, max: 15 }), { minLength: 32, maxLength: 32 })
  .map(digits => digits.map(digit => digit.toString(16)).join(''));
const ratios = fc.double({ min: 0, max: 1, noNaN: true });

/** An id whose last 56 bits are these. */
const idOf = (randomness: bigint): string => 'f'.repeat(18) + randomness.toString(16).padStart(14, '0');

describe('isSampled', () => {
  it('keeps every trace at 1 and none at 0', () => {
    const ends = [0n, 2n ** 56n - 1n].map(idOf);
    expect([...ends, ...IDS].every(id => isSampled(id, 1))).toBe(true);
    expect([...ends, ...IDS].some(id => isSampled(id, 0))).toBe(false);
  });

  it('is the rule of W3C and OpenTelemetry: kept from the threshold on, by the last 56 bits alone', () => {
    const half = 2n ** 55n;
    expect([half - 1n, half, half + 1n].map(each => isSampled(idOf(each), 0.5))).toEqual([false, true, true]);
    const quarter = 3n * 2n ** 54n;
    expect([quarter - 1n, quarter].map(each => isSampled(idOf(each), 0.25))).toEqual([false, true]);
    expect(isSampled('0'.repeat(18) + 'f'.repeat(14), 0.001)).toBe(true);
  });

  it.each([0.01, 0.1, 0.5, 0.9])('keeps about the share %d of a board’s tasks', ratio => {
    const kept = IDS.filter(id => isSampled(id, ratio)).length / IDS.length;
    // Four standard deviations; the ids are fixed, so this never varies.
    expect(Math.abs(kept - ratio)).toBeLessThan(4 * Math.sqrt((ratio * (1 - ratio)) / IDS.length));
  });

  it('keeps at a larger share whatever it keeps at a smaller one', () => {
    const property = fc.property(traceIds, ratios, ratios, (id, a, b) => {
      if (isSampled(id, Math.min(a, b))) expect(isSampled(id, Math.max(a, b))).toBe(true);
    });
    fc.assert(property, { numRuns: 2_000 });
    expect(IDS.filter(id => isSampled(id, 0.1) && !isSampled(id, 0.5))).toEqual([]);
  });
});

describe('checkSampleRatio', () => {
  it.each([0, Number.MIN_VALUE, 0.1, 1])('accepts %d', ratio => {
    expect(() => checkSampleRatio(ratio)).not.toThrow();
  });

  it.each([-0.1, 1.0001, 10, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', ratio => {
    expect(() => checkSampleRatio(ratio)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });

  it('refuses what is no number', () => {
    expect(() => checkSampleRatio('all' as unknown as number)).toThrow(/sampleRatio must be a number/);
  });
});
