import { count, counted, percent } from '../../../analysis/format.ts';
import type { CostByStageRow, CostByTaskRow, Report } from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { PALE, PLAIN, TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, show } from '../shown.ts';

const MOST_BARS = 12;

const ONCE = { label: 'the first time', color: PLAIN };
const AGAIN = { label: 'done again', color: TIME_KINDS.rework.color };
const INPUT = { label: 'input tokens', color: PLAIN };
const OUTPUT = { label: 'output tokens', color: PALE };

const dollars = (amount: number): string =>
  `$${amount >= 100 ? count(Math.round(amount)) : amount.toFixed(amount < 0.1 ? 4 : 2)}`;

type CostRow = CostByStageRow | CostByTaskRow;

function priceBar(name: string, rows: readonly CostRow[]): Bar {
  const cost = rows.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0);
  const again = rows.reduce((sum, row) => sum + (row.rerun_cost_usd ?? 0), 0);
  const parts = [
    { value: cost - again, color: ONCE.color, title: `${ONCE.label}: ${dollars(cost - again)}` },
    { value: again, color: AGAIN.color, title: `${AGAIN.label}: ${dollars(again)}` },
  ];
  return { name, parts, figure: dollars(cost) };
}

function tokenBar(name: string, rows: readonly CostRow[]): Bar {
  const input = rows.reduce((sum, row) => sum + row.input_tokens, 0);
  const output = rows.reduce((sum, row) => sum + row.output_tokens, 0);
  const parts = [
    { value: input, color: INPUT.color, title: `${INPUT.label}: ${count(input)}` },
    { value: output, color: OUTPUT.color, title: `${OUTPUT.label}: ${count(output)}` },
  ];
  return { name, parts, figure: `${count(input + output)} tokens` };
}

/** Bars of cost, the longest first; of tokens where no price is known. */
function costChart(groups: ReadonlyMap<string, readonly CostRow[]>): Pick<Picture, 'legend' | 'chart'> {
  const hasPrices = [...groups.values()].flat().some(({ cost_usd }) => cost_usd !== null);
  const bars = [...groups].map(([name, rows]) => (hasPrices ? priceBar(name, rows) : tokenBar(name, rows)));
  const lengthOf = ({ parts }: Bar): number => parts.reduce((sum, { value }) => sum + value, 0);
  const longest = bars.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, MOST_BARS);
  return { legend: hasPrices ? [ONCE, AGAIN] : [INPUT, OUTPUT], chart: pen => drawBars(pen, longest) };
}

function stagePicture(rows: readonly CostByStageRow[]): Picture | null {
  const all = rows.find(({ stage }) => stage === null);
  const stages = rows.filter(({ stage }) => stage !== null);
  if (all === undefined || all.entries === 0) return null;
  const groups = Map.groupBy(stages, ({ stage }) => stage ?? '');
  const sums = [...groups].map(([stage, group]) => ({
    stage,
    cost: group.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0),
  }));
  const [most] = sums.toSorted((a, b) => b.cost - a.cost);
  const tokens = `${count(all.input_tokens)} input and ${count(all.output_tokens)} output tokens in ${counted(all.attempts, 'attempt')}`;
  const unpriced =
    all.unpriced_entries === 0
      ? ''
      : ` The price of ${counted(all.unpriced_entries, 'entry', 'entries')} is not known, and they are in no sum of money.`;
  const says =
    all.cost_usd === null
      ? `${tokens}.${unpriced}`
      : `${dollars(all.cost_usd)} in all (${tokens}), ${all.cost_per_task_usd === null ? '' : `${dollars(all.cost_per_task_usd)} a task, `}most of it in ${most?.stage} ` +
        `(${percent((most?.cost ?? 0) / (all.cost_usd || 1))}). Doing work again took ${dollars(all.rerun_cost_usd ?? 0)}, ${percent((all.rerun_cost_usd ?? 0) / (all.cost_usd || 1))}.${unpriced}`;
  return { says, ...costChart(groups) };
}

function taskPicture(rows: readonly CostByTaskRow[]): Picture {
  const groups = new Map(rows.map(row => [row.label === null ? row.task_id : `${row.label} (${row.task_id})`, [row]]));
  const [first] = rows;
  const price =
    first?.cost_usd == null
      ? `${count((first?.input_tokens ?? 0) + (first?.output_tokens ?? 0))} tokens`
      : dollars(first.cost_usd);
  const says = `The dearest task is ${first?.label ?? ''} (${first?.task_id}): ${price} in ${counted(first?.attempts ?? 0, 'attempt')}, ${count(first?.reruns)} of them work done again.`;
  return { says, ...costChart(groups) };
}

/** What the work cost. */
export function costPart(report: Report): Part {
  const none = 'No flight-log entry carries token usage or a cost.';
  return {
    id: 'cost',
    title: 'What it cost',
    about: 'Tokens and money, where workers write them to the flight log.',
    shown: [
      show(report, { title: 'By stage', analysis: 'cost_by_stage', none, picture: stagePicture }),
      show(report, { title: 'By task', analysis: 'cost_by_task', none, picture: taskPicture }),
    ],
  };
}
