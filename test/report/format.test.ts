import { describe, expect, it } from 'vitest';
import { count, counted, duration, instant, listed, percent, period, rate, times } from '../../analysis/format.ts';

/** With plain spaces. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('figures for people', () => {
  it.each([
    [null, '–'],
    [0, '0 s'],
    [0.000_000_4, 'under 1 µs'],
    [0.000_042, '42 µs'],
    [0.000_42, '0.42 ms'],
    [0.32, '320 ms'],
    [1, '1 s'],
    [9.96, '10 s'],
    [5.14, '5.1 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [90, '1 min 30 s'],
    [4_800, '1 h 20 min'],
    [3_599.7, '1 h'],
    [7_199, '2 h'],
    [86_399, '1 d'],
    [187_200, '2 d 4 h'],
    [86_400 * 1_234, '1,234 d'],
    [-90, '−1 min 30 s'],
  ])('%s seconds are %s', (seconds, text) => {
    expect(plain(duration(seconds))).toBe(text);
  });

  it.each([
    [null, '–'],
    [0, '0 %'],
    [0.000_4, 'under 0.1 %'],
    [0.034, '3.4 %'],
    [0.34, '34 %'],
    [0.994, '99.4 %'],
    [0.999_99, 'over 99.9 %'],
    [1, '100 %'],
  ])('a share of %s is %s', (share, text) => {
    expect(plain(percent(share))).toBe(text);
  });

  it('counts', () => {
    expect([count(1_234_567), count(12.345), count(1_234.5), count(null)]).toEqual(['1,234,567', '12.3', '1,235', '–']);
    expect([counted(1, 'task'), counted(2, 'task'), counted(0, 'entry', 'entries')]).toEqual([
      '1 task',
      '2 tasks',
      '0 entries',
    ]);
    expect([rate(16_560), rate(12), rate(0.5), rate(0)]).toEqual([
      '276 a minute',
      '12 an hour',
      '12 a day',
      '0 an hour',
    ]);
    expect([times(1), times(2), times(1_000)]).toEqual(['once', 'twice', '1,000 times']);
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
  });

  it('tells the time in UTC', () => {
    expect(instant('2026-11-30T23:44:51.328564+00:00')).toBe('30 Nov 2026, 23:44:51');
    expect(instant(null)).toBe('–');
    expect(period('2026-11-30T23:44:51+00:00', '2026-11-30T23:59:00+00:00')).toBe(
      '30 Nov 2026, 23:44:51 to 23:59:00 UTC',
    );
    expect(period('2026-11-30T23:44:51+00:00', '2026-12-01T00:10:00+00:00')).toBe(
      '30 Nov 2026, 23:44:51 to 1 Dec 2026, 00:10:00 UTC',
    );
  });
});
