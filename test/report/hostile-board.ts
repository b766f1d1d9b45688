import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { lifecycle, openBoard } from '../../board/index.ts';
import { START } from '../analysis/small-log.ts';

/** Text that ends elements, opens others, runs a script, closes an attribute, and turns the direction of what follows. */
export const HOSTILE: string = `</script></title></svg><img src=x onerror="document.title='owned'">"'&amp;\u202e<b>`;

/** What a page shows for it. */
export const HOSTILE_SHOWN: string = HOSTILE.replace('\u202e', '\ufffd');

/** A board whose statuses, task types, agents, tasks and labels are all {@link HOSTILE}, with a number each. */
export async function openHostileBoard(): Promise<Board> {
  let now = START;
  const status = (name: string): string => `${name} ${HOSTILE}`;
  const profile = lifecycle(`profile ${HOSTILE}`)
    .phase('UNASSIGNED', status('doing'))
    .phase(status('doing'), status('checking'))
    .phase(status('checking'), status('done'))
    .revision(status('checking'), status('doing'))
    .route('UNASSIGNED', status('doing'), HOSTILE)
    .kind(status('doing'), 'active')
    .kind(status('checking'), 'review')
    .build();
  const board = await openBoard({
    backend: sqlite({ file: ':memory:' }),
    lifecycles: [profile],
    taskTypes: { [HOSTILE]: profile.name },
    clock: () => now,
  });
  const agent = (n: number): string => `${n} ${HOSTILE}`;
  for (const n of [1, 2]) {
    const card = { name: HOSTILE, url: 'a2a://hostile', version: HOSTILE, description: HOSTILE };
    await board.registerAgent({ agent_id: agent(n), capabilities: [HOSTILE], ...card });
  }
  const steps: readonly (readonly [string, number])[] = [
    ['doing', 1],
    ['checking', 2],
    ['doing', 1],
    ['checking', 2],
    ['done', 2],
  ];
  for (let task = 0; task < 4; task++) {
    const task_id = `${task} ${HOSTILE}`;
    now += 1_000_000;
    await board.postTask({ task_id, task_type: HOSTILE, label: HOSTILE });
    for (const [to, by] of task === 3 ? steps.slice(0, 2) : steps) {
      now += 7_000_000;
      await board.updateTask({ task_id, to_status: status(to), assigned_to: agent(by) });
    }
    await board.appendFlightLog({
      task_id,
      stage: HOSTILE,
      payload: { text: HOSTILE, input_tokens: 10, output_tokens: 2, cost_usd: 0.01 },
    });
  }
  return board;
}
