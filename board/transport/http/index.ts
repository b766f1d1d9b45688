/** The board, its Chiefs and workers in several processes, over HTTP. */
export type { CircuitOptions, CircuitState, CircuitStats } from './circuits.ts';
export type { EndpointServer, ListenOptions } from './endpoint-server.ts';
export { type HttpNetwork, type HttpNetworkOptions, httpNetwork } from './http-network.ts';
export type { HttpLimits, TokenOf } from './http-options.ts';
export { type RemoteBoard, type RemoteBoardOptions, remoteBoard } from './remote-board.ts';
