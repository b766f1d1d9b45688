import type { Story } from './story.ts';

/** More than a span has links for. */
const POSTS = 101;

/** Another board in the same database: task, cycle and tick ids as on the first, and a cycle that opens more than 100 stages. */
export async function annex(story: Story): Promise<void> {
  await story.at(0).agent('ada');
  await story.at(1).post('memo-plain', 'memo');
  await story.at(3).cycle('cycle-seed', { trigger: 'seed', actions_taken: POSTS + 1 }, async by => {
    const posts = Array.from({ length: POSTS }, (_, index) => ({ task_id: `n${index}`, task_type: 'memo', label: '' }));
    await story.postAll(posts, by);
    await story.move('memo-plain', 'IN_PROGRESS', { assigned_to: 'ada', ...by });
  });
  await story
    .at(9)
    .tick('tick-stale', { stale_count: 1 }, by =>
      story.move('memo-plain', 'STALE', { reason: 'stale_heartbeat', ...by }).then(() => {}),
    );
  await story.at(10).move('memo-plain', 'ON_HOLD');
}
