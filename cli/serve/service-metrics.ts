import type { Registry } from 'prom-client';
import { importPeer } from '../../board/missing-package.ts';
import type { ServiceStats } from '../../board/service/service-stats.ts';

/** The names of a service's own metrics (docs/configuration.md). */
const SERVICE_METRICS = {
  requests: 'quadro_service_requests_total',
  refused: 'quadro_service_refused_total',
  inFlight: 'quadro_service_requests_in_flight',
  streams: 'quadro_service_event_streams',
} as const;

/** A registry with a service's own metrics, read when somebody scrapes. @throws ConfigurationError (`missing_package`) */
export async function serviceRegistry(stats: () => ServiceStats | null): Promise<Registry> {
  const { Counter, Gauge, Registry } = await importPeer('prom-client', () => import('prom-client'));
  const registry = new Registry();
  const registers = [registry];
  new Counter({
    name: SERVICE_METRICS.requests,
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { method, route, status, count } of stats()?.requests ?? []) {
        this.inc({ method, route: route ?? 'none', status: String(status) }, count);
      }
    },
  });
  new Counter({
    name: SERVICE_METRICS.refused,
    help: 'Requests answered with an error, by its code',
    labelNames: ['error_code'],
    registers,
    collect() {
      this.reset();
      for (const [error_code, count] of Object.entries(stats()?.refused ?? {})) this.inc({ error_code }, count);
    },
  });
  new Gauge({
    name: SERVICE_METRICS.inFlight,
    help: 'Requests that are not answered yet, event streams aside',
    registers,
    collect() {
      this.set(stats()?.in_flight ?? 0);
    },
  });
  new Gauge({
    name: SERVICE_METRICS.streams,
    help: 'Event streams that are open',
    registers,
    collect() {
      this.set(stats()?.open_streams ?? 0);
    },
  });
  return registry;
}
