/** Why work waited. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { Figure } from './figure.ts';

/** bottleneck.sql */
export interface BottleneckRow {
  status: string;
  capability: string | null;
  score: Figure;
  wait_seconds: number;
  arrivals: number;
  departures: number;
  arrivals_per_departure: Figure;
  p95_seconds: Figure;
  p25_seconds: Figure;
  busy_share: Figure;
  mean_elapsed_seconds: Figure;
  mean_elapsed_if_p25_seconds: Figure;
  is_bottleneck: boolean;
}

/** Analysis → a row of it. */
export interface CoordinationRows {
  bottleneck: BottleneckRow;
}

/** The names of {@link CoordinationRows}, in the order of a report. */
export const COORDINATION_NAMES: readonly (keyof CoordinationRows)[] = ['bottleneck'];
