export { Chief, type ChiefOptions } from './agents/chief.ts';
export type { WorkContext, WorkFunction } from './agents/execution.ts';
export { moveTo } from './agents/move.ts';
export { Ombudsman, type OmbudsmanOptions } from './agents/ombudsman.ts';
export type { Policy, PolicyContext } from './agents/policy.ts';
export type { BoardRun, RunOptions } from './agents/run.ts';
export { Worker, type WorkerOptions } from './agents/worker.ts';
export { type WorkerBuilder, workerBuilder } from './agents/worker-builder.ts';
export { type PoolCapability, WorkerPool, type WorkerPoolOptions } from './agents/worker-pool.ts';
export type { Backend, Reopening } from './backends/backend.ts';
export type { Board } from './board.ts';
export type { BoardOptions } from './board-options.ts';
export {
  type CopiedCounts,
  type CopiedTable,
  type CopyOptions,
  type CopyProgress,
  type CopySummary,
  copyBoard,
} from './copy/copy-board.ts';
export * from './core/errors.ts';
export type * from './core/intents.ts';
export type { Json, JsonObject } from './core/json.ts';
export { lifecycle, lifecycleOf } from './core/lifecycle/builder.ts';
export { FAST, REVIEW_REQUIRED } from './core/lifecycle/builtins.ts';
export { parseLifecycle } from './core/lifecycle/parse.ts';
export type { Edge, Lifecycle, LifecycleDefinition, Route } from './core/lifecycle/types.ts';
export type * from './core/records.ts';
export type { FlightPlan, Stage, TimeTotals } from './core/stages.ts';
export * from './core/statuses.ts';
export type { Micros } from './core/time.ts';
export { isoOf, microsOf } from './core/time.ts';
export {
  type ColumnMap,
  type Columns,
  type EventLogFormat,
  type ImportLogOptions,
  type ImportLogProgress,
  type ImportLogSummary,
  importLog,
  type LogField,
  type RejectedRow,
} from './import/event-log/import-log.ts';
export {
  type ImportedProfile,
  type ImportProgress,
  type ImportReferenceOptions,
  type ImportSummary,
  importReference,
} from './import/reference.ts';
export { loadLifecycle } from './lifecycle-file.ts';
export type { LogSource } from './log-source.ts';
export { openBoard } from './open-board.ts';
export type { TableSource } from './table-source.ts';
export { randomTaskIds, type TaskIdProvider } from './task-ids.ts';
export { BoardClient } from './transport/board-client.ts';
export { boardEndpoint } from './transport/board-endpoint.ts';
export { localNetwork, type Network } from './transport/network.ts';
