import { FIGURE_NAMES, FIGURES, type FigureName, type FigureValues } from './figures.ts';

/** One figure for one set of its labels, as each of the three tells it. */
export interface Reconciled {
  readonly figure: FigureName;
  readonly labels: Readonly<Record<string, string>>;
  readonly sql: number;
  readonly metrics: number;
  /** Null where spans do not tell it. */
  readonly spans: number | null;
  readonly agrees: boolean;
}

/** Sums of seconds are added in another order on each side, as floating-point numbers: equal but for what that rounds. */
const ROUNDING = 1e-9;

function isEqual(one: number, other: number): boolean {
  return Math.abs(one - other) <= ROUNDING * Math.max(1, Math.abs(one), Math.abs(other));
}

/** Holds the three sides against each other; what one of them does not have counts as 0 there. */
export function reconcile(sql: FigureValues, metrics: FigureValues, spans: FigureValues): readonly Reconciled[] {
  return FIGURE_NAMES.flatMap(figure => {
    const sides = [sql, metrics, spans].map(side => side.get(figure) ?? new Map<string, number>());
    const keys = new Set(sides.flatMap(side => [...side.keys()]));
    return [...keys].toSorted().flatMap((key): readonly Reconciled[] => {
      const labels = labelsOf(figure, key);
      const [bySql = 0, byMetrics = 0, bySpans = 0] = sides.map(side => side.get(key) ?? 0);
      if (isToldBySpans(figure, labels)) {
        const agrees = isEqual(bySql, byMetrics) && isEqual(bySql, bySpans);
        return [{ figure, labels, sql: bySql, metrics: byMetrics, spans: bySpans, agrees }];
      }
      // A span of such a step has other labels than the step.
      if (bySql === 0 && byMetrics === 0) return [];
      return [{ figure, labels, sql: bySql, metrics: byMetrics, spans: null, agrees: isEqual(bySql, byMetrics) }];
    });
  });
}

function labelsOf(figure: FigureName, key: string): Readonly<Record<string, string>> {
  const values = JSON.parse(key) as readonly string[];
  return Object.fromEntries(FIGURES[figure].labels.map((name, index) => [name, values[index] ?? '']));
}

function isToldBySpans(figure: FigureName, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(FIGURES[figure].notInSpans ?? {}).every(
    ([name, untold]) => !untold.includes(labels[name] ?? ''),
  );
}
