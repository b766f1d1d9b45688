/**
 * A lifecycle from a file, and a board without a Chief: a person moves the work, the board holds the rules. What the lifecycle does
 * not allow is refused and leaves no trace. Run it with `node examples/approval.ts`.
 */
import { openBoard, parseLifecycle, QuadroError } from 'quadro';
import { sqlite } from 'quadro/sqlite';

const purchase = parseLifecycle(
  `
name = "purchase"
phases = [["UNASSIGNED", "quoted"], ["quoted", "approved"], ["approved", "ordered"]]
branches = [["quoted", "declined"]]
revisions = [["approved", "quoted"]]
`,
  'toml',
);
const board = await openBoard({
  backend: sqlite({ file: ':memory:' }),
  lifecycles: [purchase],
  taskTypes: { purchase: 'purchase' },
});

const { task } = await board.postTask({ task_type: 'purchase', label: 'A second printer' });
const move = (to_status: string) => board.updateTask({ task_id: task.task_id, to_status }, { actor: 'ada' });

await move('quoted');
try {
  await move('ordered');
} catch (error) {
  if (!(error instanceof QuadroError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
await move('approved');
await move('quoted');
await move('approved');
await move('ordered');

const { events } = await board.getTaskHistory(task.task_id);
for (const event of events) console.log(event.sequence_id, event.edge, event.from_status ?? '–', '→', event.to_status);
await board.close();
