import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import type { ErrorCode, QuadroError } from '../core/errors.ts';
import type { Intent } from '../core/intents.ts';
import type { Caller } from './caller.ts';

/** A request that has ended, as the log tells it: never its address, headers or body. */
export interface RequestLine {
  readonly request_id: string;
  readonly method: string;
  /** The route's pattern; null for an address that is not there. */
  readonly route: string | null;
  readonly status: number;
  readonly duration_ms: number;
  /** Bytes of the answer's body; null for a stream. */
  readonly bytes: number | null;
  /** The token's name; null where none was needed or none was good. */
  readonly token: string | null;
  readonly error_code: ErrorCode | null;
  /** Whether the client went away before it had its answer. */
  readonly aborted: boolean;
}

/** A write that somebody asked for, as the audit tells it: never its payload. */
export interface AuditLine {
  readonly request_id: string;
  readonly intent: Intent;
  readonly caller: Pick<Caller, 'name' | 'token_id'>;
  /** Whom the caller acted for: what the board records as the actor. */
  readonly actor: string | null;
  readonly task_id: string | null;
  readonly agent_id: string | null;
  /** The data key or the role that was written. */
  readonly key: string | null;
  /** `ok`, or the code it was refused with. */
  readonly outcome: 'ok' | ErrorCode;
  /** The last event it made. */
  readonly sequence_id: number | null;
  /** How many tasks a bulk posted. */
  readonly tasks: number | null;
}

/** The frames of a stack without its message, which may quote what a caller sent. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  return error.stack
    .split('\n')
    .map(line => line.trim())
    .filter(line => line.startsWith('at '));
}

/** Most bytes of lines that wait for whoever reads them; beyond it lines are dropped, so that a reader that stands still stops nobody. */
const MAX_WAITING_BYTES = 16_777_216;

/** How long the last lines may take to be read when a service stops. */
const FLUSH_MS = 1_000;

/** JSON lines to stdout, written beside the work and not in its way. */
export function stdoutLogger(): Logger {
  // With minLength 0 the library's flush waits for nothing.
  return pino(pino.destination({ fd: 1, sync: false, minLength: 1, maxLength: MAX_WAITING_BYTES }));
}

/** What a service writes to its log: one JSON object a line, with the field `log` saying which kind. */
export class ServiceLog {
  readonly #requests: Logger;
  readonly #audit: Logger;
  readonly #service: Logger;

  constructor(logger: Logger) {
    this.#service = logger.child({ log: 'service' });
    this.#requests = logger.child({ log: 'request' });
    // Whatever level the rest is at: who wrote what is not a matter of verbosity.
    this.#audit = logger.child({ log: 'audit' }, { level: 'info' });
  }

  request(line: RequestLine): void {
    if (line.status >= 500) this.#requests.error(line, 'request');
    else this.#requests.info(line, 'request');
  }

  audit({ caller, ...line }: AuditLine): void {
    this.#audit.info({ ...line, token: caller.name, token_id: caller.token_id }, 'audit');
  }

  /** Why a request ended as its answer does not say. */
  failure(requestId: string | null, error: QuadroError, what = 'failure'): void {
    const { code, message, cause = error } = error;
    this.#service.error({ request_id: requestId, error_code: code, error: message, frames: framesOf(cause) }, what);
  }

  /** Waits until what was logged is written, for a while. */
  async flush(): Promise<void> {
    const stop = new AbortController();
    const written = new Promise<void>(resolve => this.#service.flush(() => resolve()));
    await Promise.race([written, sleep(FLUSH_MS, undefined, { signal: stop.signal }).catch(() => undefined)]);
    stop.abort();
  }

  info(facts: Readonly<Record<string, unknown>>, message: string): void {
    this.#service.info(facts, message);
  }

  warn(facts: Readonly<Record<string, unknown>>, message: string): void {
    this.#service.warn(facts, message);
  }
}
