import { expect, it } from 'vitest';
import { BoardMeters } from '../../board/meter.ts';

it('tells every meter, and what one throws reaches neither the board nor the others', () => {
  const told: string[] = [];
  const errors: unknown[] = [];
  const meters = new BoardMeters(error => errors.push(error));
  const broken = (): never => {
    throw new Error('broken meter');
  };
  meters.attach({ commit: broken, refusal: broken, retry: broken });
  const detach = meters.attach({
    commit: (seconds, size) => told.push(`commit ${seconds} ${size}`),
    refusal: (intent, code) => told.push(`refusal ${intent} ${code}`),
    retry: reason => told.push(`retry ${reason}`),
  });
  meters.commit(0.5, 3);
  meters.refusal('board.post_task', 'overloaded');
  meters.retry('storage_busy');
  detach();
  meters.commit(1, 1);
  expect(told).toEqual(['commit 0.5 3', 'refusal board.post_task overloaded', 'retry storage_busy']);
  expect(errors).toHaveLength(4);
});

it('even whoever is told of a broken meter may be broken', () => {
  const broken = (): never => {
    throw new Error('broken');
  };
  const meters = new BoardMeters(broken);
  meters.attach({ commit: broken, refusal: broken, retry: broken });
  expect(() => meters.commit(1, 1)).not.toThrow();
});
