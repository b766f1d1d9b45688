/**
 * Work that somebody reviews: the built-in lifecycle `review_required`, three writers and a reviewer who sends every first draft
 * back. Run it with `node examples/review.ts`.
 */
import { Chief, localNetwork, openBoard, type WorkContext, WorkerPool } from 'quadro';
import { sqlite } from 'quadro/sqlite';

const CHIEF = 'a2a://chief';
const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
const network = localNetwork();

async function write({ task }: WorkContext): Promise<string> {
  return `${task.label}, draft ${task.visits.IN_PROGRESS ?? 1}`;
}

async function review({ notes }: WorkContext): Promise<string> {
  return notes.includes('REVISION_NEEDED') ? 'well done' : 'REVISION_NEEDED';
}

const workers = new WorkerPool({
  board,
  network,
  wakes: CHIEF,
  capabilities: {
    essay: { workers: 3, execute: write },
    review: { workers: 1, execute: review, reviewer: true },
  },
});
await board.run({ chief: new Chief({ board, network, url: CHIEF }), workers });

const posted = await Promise.all(
  ['On bees', 'On tides', 'On moss'].map(label => board.postTask({ task_type: 'essay', label }, { actor: 'editor' })),
);
while ((await board.listTasksByStatus(['COMPLETE'])).tasks.length < posted.length) {
  await new Promise(resolve => setTimeout(resolve, 10));
}
for (const { task } of posted) {
  const { flight_plan } = await board.flightPlan(task.task_id);
  const path = flight_plan.stages.map(stage => `${stage.status} (${stage.stage_kind})`).join(' → ');
  console.log(`${flight_plan.output}: ${flight_plan.revisions} revision, ${path}`);
}
await board.close();
