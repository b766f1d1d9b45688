import type { PostTaskParams } from '../../board/core/intents.ts';

/** The list posted under a key: half of its tasks have ids of their own. */
export function bulkOf(key: string, size: number): PostTaskParams[] {
  return Array.from({ length: size }, (_, n) => ({
    task_type: 'memo',
    label: `${key} ${n}`,
    ...(n % 2 === 0 && { task_id: `${key} ${n}` }),
  }));
}
