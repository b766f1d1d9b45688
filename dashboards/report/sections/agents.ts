import { count, counted, duration, percent, times } from '../../../analysis/format.ts';
import type { AgentsSummaryRow, HandoverRow, Report } from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { type Cell, drawHeat, shadesLegend } from '../charts/heat.ts';
import { fitted, type Pen, textWidth } from '../charts/pen.ts';
import { drawRanges, type Range, type RangeAxis } from '../charts/ranges.ts';
import { html, type Markup } from '../html.ts';
import { PALE, PLAIN, TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, show } from '../shown.ts';

const MOST_AGENTS = 16;
/** Agents on either side of the matrix of handovers. */
const MATRIX = 14;

function busyBar(row: AgentsSummaryRow): Bar {
  const known = row.known_seconds || 1;
  const idle = Math.max(0, 1 - (row.utilisation ?? 0));
  const parts = [
    {
      value: Math.min(1, row.active_seconds / known),
      color: TIME_KINDS.active.color,
      title: `at work: ${duration(row.active_seconds)}`,
    },
    {
      value: Math.min(1, row.lost_seconds / known),
      color: TIME_KINDS.lost.color,
      title: `silent: ${duration(row.lost_seconds)}`,
    },
    { value: idle, color: PALE, title: `idle: ${percent(idle)}` },
  ];
  return { name: row.agent_id, parts, figure: `${percent(row.utilisation)}, ${counted(row.attempts, 'attempt')}` };
}

function successRange(row: AgentsSummaryRow): Range[] {
  const { success_rate: middle, success_rate_low: low, success_rate_high: high } = row;
  if (middle === null || low === null || high === null) return [];
  return [
    {
      name: row.agent_id,
      low,
      middle,
      high,
      color: PLAIN,
      figure: `${percent(middle)} (${percent(low)} to ${percent(high)})`,
    },
  ];
}

/** Where an axis of shares may begin, so that what is all near the end can be told apart. */
const SHARE_STARTS = [0.95, 0.9, 0.75, 0.5, 0] as const;
const SHARE_STEPS = 5;

function shareAxis(label: string, ranges: readonly Range[]): RangeAxis {
  const lowest = ranges.reduce((least, { low }) => Math.min(least, low), 1);
  const start = SHARE_STARTS.find(each => each <= lowest) ?? 0;
  const ticks = Array.from({ length: SHARE_STEPS + 1 }, (_, index) => start + ((1 - start) * index) / SHARE_STEPS);
  return { label, domain: [start, 1], ticks, tickFormat: percent };
}

function agentsPicture(rows: readonly AgentsSummaryRow[]): Picture | null {
  const working = rows
    .filter(({ attempts, open_attempts }) => attempts + open_attempts > 0)
    .toSorted((a, b) => (b.utilisation ?? -1) - (a.utilisation ?? -1));
  const [busiest] = working;
  if (busiest === undefined) return null;
  const known = working.filter(({ utilisation }) => utilisation !== null).slice(0, MOST_AGENTS);
  const worst = working
    .filter(({ attempts }) => attempts >= 5)
    .toSorted((a, b) => (a.success_rate ?? 1) - (b.success_rate ?? 1));
  const [least] = worst;
  const ranges = worst.slice(0, MOST_AGENTS).flatMap(successRange);
  const idle = rows.length - working.length;
  const says =
    `${counted(working.length, 'agent')} worked${idle === 0 ? '' : `, ${count(idle)} never did`}. Busiest was ${busiest.agent_id}: ${percent(busiest.utilisation)} of the time it was known.` +
    (least === undefined
      ? ''
      : ` Least often successful was ${least.agent_id}: ${percent(least.success_rate)} of ${counted(least.attempts, 'attempt')}, ${count(least.failed)} failed and ${count(least.stale)} stale ` +
        `(between ${percent(least.success_rate_low)} and ${percent(least.success_rate_high)} with 95 % confidence).`);
  const axis = shareAxis('share of attempts that succeeded', ranges);
  const legend = [
    { label: 'at work', color: TIME_KINDS.active.color },
    { label: 'silent', color: TIME_KINDS.lost.color },
    { label: 'idle', color: PALE },
  ];
  return {
    says,
    legend,
    chart: pen =>
      html`<p class="group">How busy</p>${drawBars(pen, known.length === 0 ? working.slice(0, MOST_AGENTS).map(busyBar) : known.map(busyBar))}${
        ranges.length === 0
          ? null
          : html`<p class="group">How often they succeed, with the 95 % interval (Wilson)</p>${drawRanges(pen, ranges, axis)}`
      }`,
  };
}

const nobody = (agent: string | null): string => agent ?? 'nobody';

/** The agents with most handovers, in the order of their names. */
function busiestPartners(rows: readonly HandoverRow[]): readonly string[] {
  const weights = new Map<string, number>();
  for (const { from_agent_id, to_agent_id, count: number } of rows) {
    for (const agent of [nobody(from_agent_id), nobody(to_agent_id)]) {
      weights.set(agent, (weights.get(agent) ?? 0) + number);
    }
  }
  const most = [...weights].sort(([, a], [, b]) => b - a).slice(0, MATRIX);
  return most.map(([agent]) => agent).sort();
}

/** Who hands over to whom: a row and a column an agent, by its number. */
function drawHandovers(pen: Pen, cells: readonly Cell[], agents: readonly string[]): Markup {
  const names = agents.map((agent, index) => fitted(`${index + 1}. ${agent}`, pen.isNarrow ? 130 : 220));
  return drawHeat(pen, cells, {
    columns: agents.length,
    rows: agents.length,
    // On a telephone there is room for every second number.
    columnTicks: agents.flatMap((_, index) => (pen.isNarrow && index % 2 === 1 ? [] : [index + 0.5])),
    columnTick: at => String(Math.round(at + 0.5)),
    columnLabel: 'to agent',
    withValues: !pen.isNarrow,
    rowHeight: 24,
    rowTick: row => names[agents.length - 1 - row] ?? '',
    marginLeft: Math.max(...names.map(textWidth)) + 8,
  });
}

const pairOf = ({ from_agent_id, to_agent_id }: HandoverRow): string =>
  `${nobody(from_agent_id)} → ${nobody(to_agent_id)}`;

function handoversPicture(rows: readonly HandoverRow[]): Picture | null {
  const [first] = rows;
  if (first === undefined) return null;
  const agents = busiestPartners(rows);
  const cells = rows.flatMap((row): Cell[] => {
    const [column, place] = [agents.indexOf(nobody(row.to_agent_id)), agents.indexOf(nobody(row.from_agent_id))];
    return column < 0 || place < 0 ? [] : [{ column, row: agents.length - 1 - place, value: row.count }];
  });
  const all = Math.round(first.count / first.share);
  const drawn = cells.reduce((sum, { value }) => sum + value, 0);
  const most = cells.reduce((max, { value }) => Math.max(max, value), 1);
  const [slowest] = rows.filter(row => row.count >= 5).toSorted((a, b) => b.mean_wait_seconds - a.mean_wait_seconds);
  const slow =
    slowest === undefined
      ? ''
      : ` The slowest, of at least five, is ${pairOf(slowest)}: ${duration(slowest.mean_wait_seconds)} on average.`;
  const some =
    drawn < all ? ` Drawn are ${count(drawn)}, those among the ${count(agents.length)} agents with most of them.` : '';
  return {
    says:
      `${counted(all, 'handover')} from one attempt to the next. The most frequent is ${pairOf(first)}: ${times(first.count)}, ` +
      `with a mean wait of ${duration(first.mean_wait_seconds)} between.${slow}${some}`,
    legend: shadesLegend(most, 'times'),
    key: 'A row hands work over to the columns, which have the numbers of the rows.',
    chart: pen => drawHandovers(pen, cells, agents),
  };
}

/** Who did the work. */
export function agentsPart(report: Report): Part {
  return {
    id: 'agents',
    title: 'Agents and handovers',
    about:
      'Who worked how much and with what success, and who handed work to whom. An attempt is one visit to a stage of work, review or rework.',
    shown: [
      show(report, {
        title: 'Agents',
        analysis: 'agents_summary',
        none: 'No agent has worked.',
        picture: agentsPicture,
      }),
      show(report, {
        title: 'Handovers',
        analysis: 'handovers',
        none: 'No task went from one attempt to another.',
        picture: handoversPicture,
      }),
    ],
  };
}
