import type { FlightPlan, Stage } from '../board/core/stages.ts';
import { isoOf } from '../board/core/time.ts';
import { printable, seconds, table } from './output.ts';

/** Characters of the longest bar. */
const BAR_WIDTH = 24;

function bar(stage: Stage, longest: number): string {
  if (stage.dwell_seconds === null || longest === 0) return '';
  const width = Math.round((stage.dwell_seconds / longest) * BAR_WIDTH);
  return (stage.stage_kind === 'wait' || stage.stage_kind === 'blocked' ? '░' : '█').repeat(Math.max(width, 1));
}

/** A flight plan for a terminal: its stages as lanes, solid where somebody worked, light where the task waited. */
export function flightText(plan: FlightPlan): string {
  const longest = Math.max(0, ...plan.stages.map(stage => stage.dwell_seconds ?? 0));
  const end = plan.elapsed_seconds === null ? 'not finished' : `finished after ${seconds(plan.elapsed_seconds)}`;
  const rows = plan.stages.map(stage => [
    isoOf(stage.entered_at).slice(11, 23),
    stage.status,
    stage.stage_kind,
    stage.visit,
    stage.assigned_to,
    stage.edge_in,
    stage.heartbeats,
    stage.dwell_seconds === null ? (plan.terminal_at === null ? 'still there' : '') : seconds(stage.dwell_seconds),
    bar(stage, longest),
  ]);
  return [
    printable(`${plan.task_id}  ${plan.label}  (${plan.task_type}, priority ${plan.priority}, ${plan.status})`),
    `posted ${isoOf(plan.created_at)}, ${end}: ${seconds(plan.active_seconds)} active, ${seconds(plan.wait_seconds)} waiting, ` +
      `${seconds(plan.lost_seconds)} lost, ${seconds(plan.blocked_seconds)} blocked; ` +
      `${plan.revisions} revisions, ${plan.stale_count} times stale`,
    '',
    table(['entered', 'status', 'kind', 'visit', 'agent', 'by', 'beats', 'dwell', ''], rows),
    ...plan.notes.map(note => `  note: ${printable(note)}`),
  ].join('\n');
}
