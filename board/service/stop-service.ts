import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { ServiceContext } from './service-context.ts';

/** How often it looks whether everything is answered. */
const LOOK_MS = 10;

/** How long a stream's client may take over its last bytes. */
const STREAM_GRACE_SECONDS = 2;

/**
 * Takes no new connection and no new work, waits until what is under way is answered, then cuts what is left.
 *
 * @param endsAt By `performance.now()`; asked again and again, as it can be brought forward.
 * @returns whether everything was answered in time.
 */
export async function stopService(
  app: FastifyInstance,
  context: ServiceContext,
  endsAt: () => number,
): Promise<{ finished: boolean }> {
  const { counters, log, streams } = context;
  context.phase = 'stopping';
  const streamsEnded = streams.close(
    Math.max(0, Math.min((endsAt() - performance.now()) / 1000, STREAM_GRACE_SECONDS)),
  );
  // Connections that are idle are closed with it; one that is busy gets its answer first.
  app.server.close();
  while (counters.inFlight > 0 && performance.now() < endsAt()) await sleep(LOOK_MS);
  await streamsEnded;
  const left = counters.inFlight;
  if (left > 0) log.warn({ in_flight: left }, 'cut');
  app.server.closeAllConnections();
  await app.close();
  log.info({ finished: left === 0 }, 'stopped');
  await log.flush();
  return { finished: left === 0 };
}
