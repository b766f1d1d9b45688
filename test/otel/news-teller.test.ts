import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ExportProgress } from '../../exporters/otel/index.ts';
import type { News } from '../../exporters/otel/thread/messages.ts';
import { newsTeller } from '../../exporters/otel/thread/news-teller.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const progressAt = (events: number): ExportProgress => ({
  spans: events,
  rejected: 0,
  rejected_message: null,
  retries: 0,
  dead_lettered: 0,
  clamped: 0,
  too_old: 0,
  not_sampled: 0,
  cursor: { events, chief_cycles: 0, ombudsman_ticks: 0 },
  lag: 0,
  waiting: null,
});

it('tells a few times a second however much happens, adds up what adds up, and always tells the last', () => {
  const told: News[] = [];
  const { onProgress, meter, flush } = newsTeller(news => told.push(news));
  // Two seconds of a thousand batches each.
  for (let batch = 1; batch <= 2000; batch++) {
    onProgress(progressAt(batch));
    meter.spans('sent', 2);
    meter.spans('rejected', 1);
    meter.position(batch, 2000 - batch);
    vi.advanceTimersByTime(1);
  }
  expect(told.length).toBeGreaterThan(5);
  expect(told.length).toBeLessThan(12);
  vi.runAllTimers();
  const countOf = (result: string): number => told.reduce((sum, { spans }) => sum + (spans.get(result) ?? 0), 0);
  expect([countOf('sent'), countOf('rejected')]).toEqual([4000, 2000]);
  expect(told.at(-1)).toMatchObject({ progress: progressAt(2000), position: [2000, 0] });
  const before = told.length;
  flush();
  vi.runAllTimers();
  expect(told).toHaveLength(before);
  meter.spans('sent', 1);
  flush();
  vi.runAllTimers();
  expect(told.slice(before)).toEqual([{ progress: null, position: null, spans: new Map([['sent', 1]]) }]);
});
