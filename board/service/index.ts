export type { Admission, AdmissionRequest, Admit } from './admission/admission.ts';
export { type HttpGate, type HttpGateOptions, type HttpGateStats, httpGate } from './admission/http-gate.ts';
export type { BoardService } from './board-service.ts';
export { type Authorizer, type Caller, PERMISSIONS, type Permission } from './caller.ts';
export type { EventFilter } from './events/event-filter.ts';
export {
  type EventStreams,
  type EventStreamsOptions,
  type EventStreamsStats,
  eventStreams,
} from './events/event-streams.ts';
export { serveBoard } from './serve-board.ts';
export type { ReadinessCheck, RenderedMetrics, ServiceOptions } from './service-options.ts';
export type { RequestCount, ServiceStats } from './service-stats.ts';
export { type BoardAuthorizer, type BoardAuthorizerOptions, boardAuthorizer } from './tokens/board-authorizer.ts';
export type { TokenBoard, TokenInfo } from './tokens/token-store.ts';
export {
  type CreatedToken,
  type CreateTokenParams,
  createToken,
  listTokens,
  revokeToken,
  type TokenOptions,
} from './tokens/tokens.ts';
