import type { Admit } from '../../board/service/admission/admission.ts';
import type { ServiceOptions } from '../../board/service/service-options.ts';
import type { Config } from '../config/config.ts';

/** The gate that a configuration names, or null. */
async function gateOf(config: Config): Promise<Admit | null> {
  const { admission_url: url, admission_token: token, admission_unavailable: onUnavailable } = config;
  if (url === null) return null;
  // Loaded where there is a gate: its breaker is a package that others need not have.
  const { httpGate } = await import('../../board/service/admission/http-gate.ts');
  return httpGate({
    url,
    onUnavailable,
    timeoutMs: Math.round(config.admission_timeout_seconds * 1000),
    retries: config.admission_retries,
    ...(token !== null && { headers: { authorization: `Bearer ${token}` } }),
  });
}

/** What a configuration says of the service itself. */
export async function serviceOptionsOf(config: Config): Promise<ServiceOptions> {
  const admit = await gateOf(config);
  return {
    host: config.host,
    port: config.port,
    insecure: config.insecure,
    corsOrigins: config.cors_origins,
    requestsPerMinute: config.requests_per_minute,
    bodyLimitBytes: config.body_limit_bytes,
    requestTimeoutSeconds: config.request_timeout_seconds,
    keepAliveSeconds: config.keep_alive_seconds,
    heartbeatSeconds: config.heartbeat_seconds,
    maxStreams: config.max_streams,
    deadlineSeconds: config.grace_seconds,
    ...(config.trust_proxy.length > 0 && { trustProxy: config.trust_proxy }),
    ...(admit !== null && { admit }),
  };
}
