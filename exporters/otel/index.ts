/** Spans of a board: translated from its log, delivered with an acknowledgement (docs/telemetry.md). */
export { contextOf, contextReader, type TranslationOptions } from './context.ts';
export {
  type ExportOptions,
  type ExportProgress,
  type ExportSummary,
  exportSpans,
} from './export-spans.ts';
export * from './names.ts';
export type { OtlpOptions, OtlpProtocol } from './otlp-config.ts';
export {
  type TraceableBoard,
  type TraceOptions,
  type Tracing,
  type TracingSummary,
  traceBoard,
} from './trace-board.ts';
export { type Translation, translate } from './translate.ts';
export type { TranslationContext } from './translation-context.ts';
export { writeSpans } from './write-spans.ts';
