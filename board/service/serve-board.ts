import type { Board } from '../board.ts';
import { importPeer } from '../missing-package.ts';
import type { BoardService } from './board-service.ts';
import { resolveServiceOptions } from './resolve-options.ts';
import type { ServiceOptions } from './service-options.ts';

/** Everything a service is made of that an installation may lack. */
const PACKAGES = [
  'fastify',
  'typebox',
  '@fastify/type-provider-typebox',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  '@fastify/rate-limit',
  '@fastify/cors',
  '@fastify/helmet',
  'pino',
  'cockatiel',
];

/**
 * Serves a board over HTTP: the envelope at `POST /a2a`, and a REST face that `/openapi.json` describes. The service is the
 * caller's to close, the board too; `board.serve` does both in order.
 *
 * @example
 * await using service = await serveBoard(board, { port: 7337 });
 * console.log(service.url); // http://127.0.0.1:7337
 * @throws ConfigurationError (`invalid_configuration` naming every fault, `missing_package`)
 */
export async function serveBoard(board: Board, options: ServiceOptions = {}): Promise<BoardService> {
  const resolved = resolveServiceOptions(options, board.maxPayloadBytes);
  const { runningService } = await importPeer(PACKAGES, () => import('./running-service.ts'));
  return runningService(board, resolved);
}
