import { count, counted, duration, percent } from '../../../analysis/format.ts';
import type { Report, RevisionsByAgentRow, RevisionsByTypeRow } from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { PALE, TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, show } from '../shown.ts';

const MOST_BARS = 12;
const BACK = { label: 'sent back', color: TIME_KINDS.rework.color };
const PASSED = { label: 'passed', color: PALE };

function decisionsBar(name: string, decisions: number, revisions: number): Bar {
  const parts = [
    { value: revisions, color: BACK.color, title: `${BACK.label}: ${count(revisions)}` },
    { value: decisions - revisions, color: PASSED.color, title: `${PASSED.label}: ${count(decisions - revisions)}` },
  ];
  return { name, parts, figure: `${percent(revisions / decisions)} of ${count(decisions)}` };
}

function byTypePicture(rows: readonly RevisionsByTypeRow[]): Picture | null {
  const all = rows.find(({ task_type }) => task_type === null);
  const types = rows.filter(({ task_type, decisions }) => task_type !== null && (decisions ?? 0) > 0);
  if (all === undefined || !all.decisions) return null;
  const most = types.toSorted((a, b) => (b.decisions ?? 0) - (a.decisions ?? 0)).slice(0, MOST_BARS);
  const bars = most.map(row => decisionsBar(row.task_type ?? '', row.decisions ?? 0, row.revisions ?? 0));
  const [worst] = types.toSorted((a, b) => (b.revision_rate ?? 0) - (a.revision_rate ?? 0));
  const which =
    types.length > 1 && worst !== undefined ? ` Most often ${worst.task_type}: ${percent(worst.revision_rate)}.` : '';
  const says =
    `${percent(all.revision_rate)} of ${counted(all.decisions, 'review decision')} sent the work back; ${percent(all.first_pass_yield)} of the ` +
    `${counted(all.decided_tasks, 'task')} decided on passed without. Rework took ${duration(all.rework_seconds)}, ${percent(all.rework_share)} of the time of finished tasks.${which}`;
  return { says, legend: [BACK, PASSED], chart: pen => drawBars(pen, bars) };
}

function byAgentPicture(rows: readonly RevisionsByAgentRow[]): Picture | null {
  const most = rows.filter(({ decisions }) => decisions > 0).toSorted((a, b) => b.decisions - a.decisions);
  if (most.length === 0) return null;
  const nameOf = ({ agent_id, role }: RevisionsByAgentRow): string => `${agent_id ?? 'nobody'} (${role})`;
  const roles = (['author', 'reviewer'] as const).map(role => most.filter(row => row.role === role));
  const bars = roles.flatMap(group =>
    group.slice(0, MOST_BARS).map(row => decisionsBar(nameOf(row), row.decisions, row.revisions)),
  );
  const highest = roles.map(
    group =>
      group
        .filter(({ decisions }) => decisions >= 5)
        .toSorted((a, b) => (b.revision_rate ?? 0) - (a.revision_rate ?? 0))[0],
  );
  const [author, reviewer] = highest;
  const says = [
    author === undefined
      ? ''
      : `Of the authors, the work of ${author.agent_id ?? 'nobody'} is sent back most often: ${percent(author.revision_rate)} of ${counted(author.decisions, 'decision')}.`,
    reviewer === undefined
      ? ''
      : ` Of the reviewers, ${reviewer.agent_id ?? 'nobody'} sends back most: ${percent(reviewer.revision_rate)} of ${count(reviewer.decisions)}.`,
    author === undefined && reviewer === undefined
      ? 'No agent has five decisions, too few to compare.'
      : ' Who is strict, or has the hard work, has a high rate too.',
  ];
  return { says: says.join(''), legend: [BACK, PASSED], chart: pen => drawBars(pen, bars) };
}

/** What was sent back. */
export function revisionsPart(report: Report): Part {
  const none = 'No review has been decided.';
  return {
    id: 'revisions',
    title: 'What came back',
    about: 'How often a review sent work back, whose, and what doing it again took.',
    shown: [
      show(report, { title: 'By task type', analysis: 'revisions_by_type', none, picture: byTypePicture }),
      show(report, { title: 'By agent', analysis: 'revisions_by_agent', none, picture: byAgentPicture }),
    ],
  };
}
