import type { Logger } from 'pino';
import type { Admit } from './admission/admission.ts';
import type { Authorizer } from './caller.ts';

/** Something the service needs to be of use, asked for `/ready`. */
export interface ReadinessCheck {
  /** A short name that the answer carries, such as `database` or `exporter`. */
  readonly name: string;
  /** Resolves where it is well, with facts worth telling; rejects with a sentence for people. */
  check(signal: AbortSignal): Promise<Readonly<Record<string, string | number | boolean | null>>>;
}

/** Text for Prometheus and its content type, as `quadro/prometheus` renders them. */
export interface RenderedMetrics {
  readonly text: string;
  readonly contentType: string;
}

/** How to serve a board over HTTP. */
export interface ServiceOptions {
  /** Default `127.0.0.1`: nobody else reaches it. */
  readonly host?: string;
  /** Default 7337; 0 takes any that is free. */
  readonly port?: number;
  /** Who may do what. Default: the board's own tokens (`quadro token`). */
  readonly authorizer?: Authorizer;
  /** Serves a public address without any token. Default false: that is refused at start. */
  readonly insecure?: boolean;
  /** Asked before every post. Default: every task is allowed. */
  readonly admit?: Admit;
  /** Answers `/metrics`; without it that address is not there. */
  readonly metrics?: (accept: string | undefined) => Promise<RenderedMetrics>;
  /** Asked for `/ready` beside the database. */
  readonly readiness?: readonly ReadinessCheck[];
  /** Largest body in bytes. Default: the board's largest payload and 64 KiB for what is around it. */
  readonly bodyLimitBytes?: number;
  /** Most requests of one client (token, else address) a minute; 0: any number. Default 6,000. */
  readonly requestsPerMinute?: number;
  /** Origins that browsers may call from. Default none: CORS is off. */
  readonly corsOrigins?: readonly string[];
  /** How long a client may take over its headers and body, in seconds. Default 15. */
  readonly requestTimeoutSeconds?: number;
  /** How long a connection may be idle, in seconds. Default 60. */
  readonly keepAliveSeconds?: number;
  /** Whether the addresses of clients are read from `X-Forwarded-For`, and from which proxies. Default none. */
  readonly trustProxy?: readonly string[];
  /** Where lines go, as JSON. Default: pino to stdout, level `info`, beside the work: a kill may cost the last few lines. */
  readonly logger?: Logger;
  /** How long `close` waits for requests that are under way, in seconds. Default 10. */
  readonly deadlineSeconds?: number;
  /** Time between two heartbeats of an event stream, in seconds. Default 15. */
  readonly heartbeatSeconds?: number;
  /** Most event streams at a time. Default 2,000. */
  readonly maxStreams?: number;
}
