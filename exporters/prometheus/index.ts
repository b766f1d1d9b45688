/** Prometheus metrics of a board, as a projection of its logs. docs/metrics.md is the table of all of them. */
export { type CursorStore, cursorPath, fileCursorStore, type SavedCursor } from '../feed/index.ts';
export { DEFAULT_MAX_LABEL_SETS, type FamilyOptions } from './family.ts';
export type { CatchUpOptions } from './log-counter.ts';
export { type CircuitReading, type MeasuredBoard, type MeasureOptions, measureBoard } from './measure-board.ts';
export {
  type CounterSpec,
  DEFAULT_LADDERS,
  type GaugeSpec,
  type HistogramSpec,
  type LadderName,
  type Ladders,
  type MetricOrigin,
  type MetricSpec,
} from './metric-spec.ts';
export * from './names.ts';
export type { ExporterMeter } from './process-meters.ts';
export type { Exposition } from './render.ts';
export { type MetricsServer, type ServeMetricsOptions, serveMetrics } from './serve-metrics.ts';
export type { GaugeSource } from './state-gauges.ts';
export { DEFAULT_DISPATCH_GRACE_SECONDS, type TotalsOptions } from './totals.ts';
