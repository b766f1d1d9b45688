import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { errorOf } from '../../core/errors.ts';
import type { PostTaskParams } from '../../core/intents.ts';
import type { Admission, AdmissionRequest } from './admission.ts';
import { parseAdmission } from './parse-admission.ts';

/** Largest answer that is read; a verdict and its reason need far less. */
const MAX_ANSWER_BYTES = 65_536;

/** How a gate elsewhere is asked. */
export interface HttpGateOptions {
  /** Where it is asked, by POST. */
  readonly url: string;
  /** Further headers, such as an `Authorization`. They are never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long an attempt may take, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
  /** How often it is asked again where it failed, with the same `request_id`; 0: never. Default 2. */
  readonly retries?: number;
  /** What becomes of posts while it cannot be asked: `refuse` (they fail with `admission_unavailable`) or `allow`. Default `refuse`. */
  readonly onUnavailable?: 'refuse' | 'allow';
  /** After so many failures in a row it is left alone for a while. Default 5. */
  readonly failuresToOpen?: number;
  /** How long it is left alone before one post tries it again, in seconds. Default 60. */
  readonly probeAfterSeconds?: number;
}

/** What a gate has done. */
export interface HttpGateStats {
  /** `closed`: it is asked; `open`: it is left alone; `half_open`: one post tries it. */
  readonly state: 'closed' | 'open' | 'half_open';
  /** Attempts that were sent to it. */
  readonly attempts: number;
  /** Those of them that failed. */
  readonly failures: number;
  /** Posts that were let through or turned away without its word. */
  readonly unanswered: number;
}

/** An admission hook that asks a gate over HTTP. */
export interface HttpGate {
  /** The hook itself: an `Admit`. */
  (task: PostTaskParams, by: AdmissionRequest): Promise<Admission>;
  stats(): HttpGateStats;
}

const STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
} as const;

/** Nobody waits for the answer any more; says nothing of the gate. */
class CallerGone extends Error {}

/**
 * A hook that asks a gate over HTTP: `{ task, caller, request_id, idempotency_key }` is posted as JSON, and it answers 200 with
 * `{ verdict, reason? }`, `verdict` one of `allow`, `refuse`, `hold`. Anything else counts as a failure.
 *
 * @example await serveBoard(board, { admit: httpGate({ url: 'http://gate:8080/admit', onUnavailable: 'refuse' }) });
 * @throws ConfigurationError (`invalid_configuration`)
 */
export function httpGate(options: HttpGateOptions): HttpGate {
  const { url, sent, timeoutMs, retries, onUnavailable, failuresToOpen, probeAfterSeconds } = checked(options);
  const counts = { attempts: 0, failures: 0, unanswered: 0 };
  const isFailure = (error: unknown): boolean => !(error instanceof CallerGone);
  const breaker = circuitBreaker(handleWhen(isFailure), {
    halfOpenAfter: probeAfterSeconds * 1000,
    breaker: new ConsecutiveBreaker(failuresToOpen),
  });
  const policy = wrap(
    retry(
      handleWhen(error => isFailure(error) && !isBrokenCircuitError(error)),
      { maxAttempts: retries, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 2_000 }) },
    ),
    breaker,
    timeout(timeoutMs, TimeoutStrategy.Aggressive),
  );
  const attempt = async (body: string, signal: AbortSignal): Promise<Admission> => {
    counts.attempts++;
    const response = await fetch(url, { method: 'POST', headers: sent, body, signal, redirect: 'error' });
    const admission = response.status === 200 ? parseAdmission(JSON.parse(await textOf(response))) : null;
    if (admission === null) throw new Error(`status ${response.status} with no verdict`);
    return admission;
  };
  breaker.onFailure(({ handled }) => {
    if (handled) counts.failures++;
  });
  const admit = async (task: PostTaskParams, { caller, request_id, idempotency_key, signal }: AdmissionRequest) => {
    const body = JSON.stringify({ task, caller, request_id, idempotency_key });
    try {
      return await policy.execute(async context => {
        try {
          return await attempt(body, AbortSignal.any([context.signal, signal]));
        } catch (error) {
          throw signal.aborted ? new CallerGone('nobody waits any more', { cause: error }) : error;
        }
      });
    } catch (cause) {
      counts.unanswered++;
      if (onUnavailable === 'allow' && isFailure(cause)) return { verdict: 'allow' } as const;
      const message = `The admission gate at ${new URL(url).origin} did not answer, and no task was posted: try again later, or look at the gate`;
      throw errorOf('admission_unavailable', message, { cause });
    }
  };
  return Object.assign(admit, { stats: () => ({ state: STATES[breaker.state], ...counts }) });
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function checked(options: HttpGateOptions): Required<HttpGateOptions> & { readonly sent: Headers } {
  const all = {
    timeoutMs: 2_000,
    retries: 2,
    onUnavailable: 'refuse' as const,
    failuresToOpen: 5,
    probeAfterSeconds: 60,
    headers: {},
    ...options,
  };
  const sent = headersOf(all.headers);
  const address = URL.parse(all.url);
  const isAbove = (value: number, least: number): boolean => Number.isFinite(value) && value >= least;
  const faults = [
    ...(/^https?:$/.test(address?.protocol ?? '') ? [] : ['url must be an http or https address']),
    ...(address?.username || address?.password ? ['url must hold no password: send it by headers'] : []),
    ...(sent === null ? ['headers hold what no header may'] : []),
    ...(isAbove(all.timeoutMs, 1) ? [] : ['timeoutMs must be at least 1']),
    ...(isAbove(all.retries, 0) && Number.isInteger(all.retries) ? [] : ['retries must be a whole number from 0']),
    ...(['refuse', 'allow'].includes(all.onUnavailable) ? [] : ['onUnavailable must be refuse or allow']),
    ...(isAbove(all.failuresToOpen, 1) ? [] : ['failuresToOpen must be at least 1']),
    ...(isAbove(all.probeAfterSeconds, 0.001) ? [] : ['probeAfterSeconds must be above 0']),
  ];
  if (sent === null || faults.length > 0) {
    throw errorOf('invalid_configuration', `The admission gate: ${faults.join('; ')}`);
  }
  return { ...all, sent };
}

function headersOf(given: Readonly<Record<string, string>>): Headers | null {
  try {
    const sent = new Headers(given);
    sent.set('Accept', 'application/json');
    sent.set('Content-Type', 'application/json');
    return sent;
  } catch {
    return null;
  }
}
