import { isoOf } from '../../../board/core/time.ts';
import type { ReferenceLine, ReferenceRow } from './reference-board.ts';
import { moment, type Story } from './story.ts';

const post = (seconds: number, task_id: string, task_type = 'memo'): ReferenceLine => ({
  event_type: 'task_posted',
  task_id,
  to_status: 'UNASSIGNED',
  payload: { task_type },
  timestamp: moment(seconds),
});

const step = (
  seconds: number,
  task_id: string,
  event_type: ReferenceLine['event_type'],
  [from_status, to_status]: readonly [string | null, string],
  more: Partial<ReferenceLine> = {},
): ReferenceLine => ({
  event_type,
  task_id,
  agent_id: 'ada',
  from_status,
  to_status,
  payload: { profile: 'fast' },
  timestamp: moment(seconds),
  ...more,
});

/** The event is logged a little after the beat it reports. */
const beat = (seconds: number, task_id: string, status: string): ReferenceLine =>
  step(seconds + 0.25, task_id, 'task_heartbeat', [status, status], {
    payload: { heartbeat_at: isoOf(moment(seconds)) },
  });

/** What the reference implementation's logs hold that no board of ours writes. */
export const IMPORTED_LINES: readonly ReferenceLine[] = [
  post(1, 'plain'),
  step(2, 'plain', 'task_assigned', ['UNASSIGNED', 'IN_PROGRESS']),
  beat(3, 'plain', 'IN_PROGRESS'),
  step(4, 'plain', 'task_completed', ['IN_PROGRESS', 'COMPLETE']),
  // Numbers are missing: a row was lost.
  { ...post(10, 'stale'), sequence_id: 7 },
  step(11, 'stale', 'task_assigned', ['UNASSIGNED', 'IN_PROGRESS']),
  beat(12, 'stale', 'IN_PROGRESS'),
  step(20, 'stale', 'task_stale', ['IN_PROGRESS', 'STALE']),
  step(21, 'stale', 'task_failed', ['STALE', 'HUMAN_REVIEW']),
  // A broken link: nobody logged how it left IN_PROGRESS.
  post(30, 'broken'),
  step(31, 'broken', 'task_assigned', ['UNASSIGNED', 'IN_PROGRESS']),
  step(33, 'broken', 'task_failed', ['STALE', 'HUMAN_REVIEW']),
  // The clock went back within a stage, and to before the post.
  post(40, 'back'),
  step(38, 'back', 'task_assigned', ['UNASSIGNED', 'IN_PROGRESS']),
  beat(37, 'back', 'IN_PROGRESS'),
  step(36, 'back', 'task_completed', ['IN_PROGRESS', 'COMPLETE']),
  post(50, 'back-and-on'),
  step(45, 'back-and-on', 'task_assigned', ['UNASSIGNED', 'IN_PROGRESS']),
  beat(65, 'back-and-on', 'IN_PROGRESS'),
  step(60, 'back-and-on', 'task_stale', ['IN_PROGRESS', 'STALE']),
  step(61, 'back-and-on', 'task_failed', ['STALE', 'ON_HOLD']),
  // A beat from before the stage that it was logged in.
  post(62, 'beaten-before'),
  step(64, 'beaten-before', 'task_assigned', ['UNASSIGNED', 'IN_PROGRESS']),
  beat(63, 'beaten-before', 'IN_PROGRESS'),
  step(66, 'beaten-before', 'task_stale', ['IN_PROGRESS', 'STALE']),
  step(67, 'beaten-before', 'task_failed', ['STALE', 'ON_HOLD']),
  // Never posted, as far as the log goes; posted twice; a beat before the post.
  step(70, 'unposted', 'task_assigned', ['UNASSIGNED', 'IN_PROGRESS']),
  step(71, 'unposted', 'task_completed', ['IN_PROGRESS', 'COMPLETE']),
  post(80, 'twice'),
  post(81, 'twice'),
  step(82, 'twice', 'task_failed', ['UNASSIGNED', 'HUMAN_REVIEW']),
  beat(90, 'beaten-first', 'UNASSIGNED'),
  post(91, 'beaten-first'),
  step(92, 'beaten-first', 'task_failed', ['UNASSIGNED', 'ON_HOLD']),
  // Posted into its end, and still open when it was imported.
  { ...post(100, 'born-done'), to_status: 'COMPLETE' },
  post(110, 'carried'),
];

/** Their rows, without which nobody knows a label or a priority; one of them was lost. */
export const IMPORTED_ROWS: readonly ReferenceRow[] = [...new Set(IMPORTED_LINES.map(line => line.task_id))]
  .filter(task_id => task_id !== 'broken')
  .map((task_id, index) => ({
    task_id,
    task_type: 'memo',
    label: `Imported ${task_id}`,
    priority: index + 1,
    status: IMPORTED_LINES.findLast(line => line.task_id === task_id)?.to_status ?? '',
    created_at: IMPORTED_LINES.find(line => line.task_id === task_id)?.timestamp ?? 0,
  }));

/** The board went on after its import. */
export async function carriedOn(story: Story): Promise<void> {
  await story.at(200).agent('ada');
  await story.at(201).move('carried', 'IN_PROGRESS', { assigned_to: 'ada' });
  await story.at(203).move('carried', 'COMPLETE', { label: 'Renamed at its end' });
}
