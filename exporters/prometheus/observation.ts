import type { Micros } from '../../board/core/time.ts';
import type { CounterSpec, GaugeSpec, HistogramSpec } from './metric-spec.ts';

/** Which span an observation belongs to; its ids are worked out only when an exemplar is shown. */
export type SpanRef =
  | { readonly kind: 'task'; readonly task_id: string }
  | { readonly kind: 'stage'; readonly task_id: string; readonly entered_sequence_id: number }
  | { readonly kind: 'cycle'; readonly cycle_id: string }
  | { readonly kind: 'tick'; readonly tick_id: string };

/** A measured value's example: the span to look at, and when the log says it was. */
export interface ExemplarRef {
  readonly span: SpanRef;
  readonly timestamp: Micros;
}

/** Label values, in the order of the metric's labels. */
export type LabelValues = readonly string[];

/** One thing to add to the totals. `zero` sets all of a gauge's series to 0, for those not named again. */
export type Observation =
  | { readonly kind: 'count'; readonly metric: CounterSpec; readonly labels: LabelValues; readonly by: number }
  | { readonly kind: 'set'; readonly metric: GaugeSpec; readonly labels: LabelValues; readonly to: number }
  | { readonly kind: 'add'; readonly metric: GaugeSpec; readonly labels: LabelValues; readonly by: number }
  | { readonly kind: 'zero'; readonly metric: GaugeSpec }
  | {
      readonly kind: 'observe';
      readonly metric: HistogramSpec;
      readonly labels: LabelValues;
      /** In the metric's kept units: integer microseconds for a duration. */
      readonly value: number;
      readonly exemplar?: ExemplarRef;
    };
