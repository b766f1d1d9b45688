import { count, counted, duration, percent, times } from '../../../analysis/format.ts';
import type { DirectlyFollowsRow, Report, VariantRow } from '../../../analysis/index.ts';
import type { EdgeKind } from '../../../board/core/statuses.ts';
import { drawPaths, type Path } from '../charts/paths.ts';
import { drawMap, type MapEdge, type MapNode } from '../charts/process-map.ts';
import { type Hue, huesOf, MUTED, TIME_KINDS, type TimeKind } from '../palette.ts';
import { type Part, type Picture, rowsOf, show } from '../shown.ts';

/** Arrows that a map has at most: more are not legible. */
const MOST_EDGES = 28;
const MOST_VARIANTS = 12;

/** Edges that are no mere going on. */
const EDGE_HUES: Readonly<Record<string, Hue>> = {
  revision: { label: 'sent back', color: TIME_KINDS.rework.color },
  stale: { label: 'found silent', color: TIME_KINDS.lost.color },
  exit: { label: 'to a person', color: TIME_KINDS.blocked.color },
};

const byNames = (a: string, b: string): string => JSON.stringify([a, b]);

/** The kind of each step, the most frequent where it has several. */
function edgeKinds(report: Report): ReadonlyMap<string, EdgeKind> {
  const rows = rowsOf(report, 'edges').toSorted((a, b) => a.count - b.count);
  return new Map(rows.map(({ from_status, to_status, edge }) => [byNames(from_status, to_status), edge]));
}

/** The kinds of stage that a status stands for, by how often. */
function stripes(report: Report): ReadonlyMap<string, MapNode['stripe']> {
  const visits = new Map<string, Map<TimeKind, number>>();
  for (const { status, stage_kind, count: closed, open } of rowsOf(report, 'dwell_by_stage')) {
    const kinds = visits.get(status) ?? new Map<TimeKind, number>();
    kinds.set(stage_kind, (kinds.get(stage_kind) ?? 0) + closed + open);
    visits.set(status, kinds);
  }
  return new Map(
    [...visits].map(([status, kinds]) => {
      const all = [...kinds.values()].reduce((sum, each) => sum + each, 0) || 1;
      return [status, [...kinds].map(([kind, number]) => ({ color: TIME_KINDS[kind].color, share: number / all }))];
    }),
  );
}

/** The statuses in which tasks begin first: those that are entered more often than steps lead there. */
function startsFirst(report: Report, rows: readonly DirectlyFollowsRow[], names: readonly string[]): readonly string[] {
  const begun = new Map(rowsOf(report, 'dwell_by_status').map(row => [row.status, row.count + row.open]));
  for (const { b, count: steps } of rows) begun.set(b, (begun.get(b) ?? 0) - steps);
  return names.toSorted((a, b) => (begun.get(b) ?? 0) - (begun.get(a) ?? 0));
}

function nodesOf(report: Report, names: readonly string[]): MapNode[] {
  const dwell = new Map(rowsOf(report, 'dwell_by_status').map(row => [row.status, row]));
  const stripe = stripes(report);
  return names.map(name => {
    const row = dwell.get(name);
    const visits = counted((row?.count ?? 0) + (row?.open ?? 0), 'visit');
    const figure = row?.p50_seconds == null ? visits : `${visits} · ${duration(row.p50_seconds)}`;
    return { name, figure, stripe: stripe.get(name) ?? [] };
  });
}

function mapPicture(report: Report, rows: readonly DirectlyFollowsRow[]): Picture {
  const byCount = rows.toSorted((a, b) => b.count - a.count);
  const drawn = byCount.slice(0, MOST_EDGES);
  const kinds = edgeKinds(report);
  const names = startsFirst(report, rows, [...new Set(drawn.flatMap(({ a, b }) => [a, b]))]);
  const places = new Map(names.map((name, place) => [name, place]));
  const edges = drawn.map((row): MapEdge => {
    const kind = kinds.get(byNames(row.a, row.b));
    return {
      from: places.get(row.a) ?? 0,
      to: places.get(row.b) ?? 0,
      count: row.count,
      figure: `${count(row.count)} · ${duration(row.p50_seconds)}`,
      color: (kind === undefined ? undefined : EDGE_HUES[kind]?.color) ?? MUTED,
      title: `${row.a} → ${row.b}: ${times(row.count)}, median ${duration(row.p50_seconds)}, 95 % within ${duration(row.p95_seconds)}`,
    };
  });
  const nodes = nodesOf(report, names);
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const left = byCount.slice(MOST_EDGES);
  const hidden = left.reduce((sum, row) => sum + row.count, 0);
  const [first] = byCount;
  const slowest =
    drawn.filter(row => row.count >= all / 100).toSorted((a, b) => b.p50_seconds - a.p50_seconds)[0] ?? first;
  const says =
    `${counted(all, 'step')} between ${counted(new Set(rows.flatMap(({ a, b }) => [a, b])).size, 'status', 'statuses')}. The most frequent is ` +
    `${first?.a} → ${first?.b} (${count(first?.count)}); the one before which tasks stay longest is ${slowest?.a} → ${slowest?.b}, half of the time at most ` +
    `${duration(slowest?.p50_seconds)}. ${left.length === 0 ? 'Every step is drawn' : `The ${count(left.length)} rarest steps, ${percent(hidden / all)} of all, are left out`}; ` +
    'an arrow says how often, and how long the task had been there before (median).';
  return { says, legend: mapLegend(report, kinds), isMap: true, chart: pen => drawMap(pen, nodes, edges) };
}

function mapLegend(report: Report, kinds: ReadonlyMap<string, EdgeKind>): Picture['legend'] {
  const stages = new Set(rowsOf(report, 'dwell_by_stage').map(({ stage_kind }) => stage_kind));
  const seen = new Set(kinds.values());
  return [
    ...huesOf(TIME_KINDS, stages),
    ...huesOf(EDGE_HUES, seen).map(hue => ({ ...hue, label: `arrow: ${hue.label}` })),
  ];
}

/** What IN_PROGRESS of the built-in profiles is, by where it was entered from. */
const IN_PROGRESS_AFTER: Readonly<Record<string, TimeKind>> = { PENDING_REVIEW: 'review', REVISION_NEEDED: 'rework' };

/** The kind of stage that each status of a path is; the most frequent one where it has several. */
function pathKinds(path: readonly string[], kinds: ReadonlyMap<string, TimeKind>): readonly TimeKind[] {
  return path.map((status, index) => {
    const after = status === 'IN_PROGRESS' ? IN_PROGRESS_AFTER[path[index - 1] ?? ''] : undefined;
    return after ?? kinds.get(status) ?? 'wait';
  });
}

function statusKinds(report: Report): ReadonlyMap<string, TimeKind> {
  const rows = rowsOf(report, 'dwell_by_stage').toSorted((a, b) => a.count + a.open - (b.count + b.open));
  return new Map(rows.map(({ status, stage_kind }) => [status, stage_kind]));
}

function variantsPicture(report: Report, rows: readonly VariantRow[]): Picture {
  const shown = rows.slice(0, MOST_VARIANTS);
  const [first] = rows;
  const covered = shown.reduce((sum, { share }) => sum + share, 0);
  const known = statusKinds(report);
  const ways = shown.map(row => {
    const statuses = row.path.split(' → ');
    return { row, statuses, kinds: pathKinds(statuses, known) };
  });
  const paths = ways.map(({ row, statuses, kinds }): Path => {
    const time = row.mean_elapsed_seconds === null ? '' : `, mean ${duration(row.mean_elapsed_seconds)}`;
    const steps = statuses.map((title, index) => ({ color: TIME_KINDS[kinds[index] ?? 'wait'].color, title }));
    return {
      name: `${percent(row.share)} (${counted(row.count, 'task')})${time}, ${counted(statuses.length - 1, 'step')} to ${statuses.at(-1)}`,
      steps,
    };
  });
  const drawn = new Set(ways.flatMap(({ kinds }) => kinds));
  const says =
    `Tasks took ${counted(first?.variants ?? 0, 'different way', 'different ways')}. The most common, of ${percent(first?.share)}, is ${first?.path}. ` +
    `Drawn ${shown.length === 1 ? 'is' : 'are'} ${counted(shown.length, 'way')}, of ${percent(covered)} of all tasks, a square a stage.`;
  return {
    says,
    legend: huesOf(TIME_KINDS, drawn),
    chart: pen => drawPaths(pen, paths),
  };
}

/** How tasks move from status to status. */
export function processPart(report: Report): Part {
  return {
    id: 'process',
    title: 'How work moves',
    about:
      'Which status follows which, as the log has it and not as it was meant, and which ways tasks take from their post to their end.',
    shown: [
      show(report, {
        title: 'The process map',
        analysis: 'directly_follows',
        also: ['edges'],
        none: 'No task has taken a step yet.',
        picture: rows => mapPicture(report, rows),
      }),
      show(report, {
        title: 'The ways tasks take',
        analysis: 'variants',
        none: 'There is no task yet.',
        picture: rows => variantsPicture(report, rows),
      }),
    ],
  };
}
