import { ConfigurationError } from '../../core/errors.ts';
import type { CircuitOptions } from './circuits.ts';

/** Gives the token for an address; null: none. */
export type TokenOf = (url: URL) => string | null;

/** How long requests may take, and how large answers may be. */
export interface HttpLimits {
  /** How long a board may take to answer one attempt, in milliseconds. Default 30,000, at most 300,000. */
  readonly timeoutMs?: number;
  /** How long a request is tried again where that is safe, in milliseconds; 0: once. Default 30,000. */
  readonly patienceMs?: number;
  /**
   * How long an agent may take to answer, in milliseconds. Those of this package answer within about a second, and go on
   * working; one that answers only when its work is done needs as long as that. Default 30,000, at most 300,000.
   */
  readonly agentTimeoutMs?: number;
  /** The largest answer that is read, in bytes. Default 256 MiB. */
  readonly maxAnswerBytes?: number;
}

/** What `fetch` waits for an answer's head, whatever it is told. */
const MAX_ANSWER_MS = 300_000;
/** The longest that a timer can run. */
const MAX_MS = 2 ** 31 - 1;

const DEFAULTS: ResolvedLimits = {
  timeoutMs: 30_000,
  patienceMs: 30_000,
  agentTimeoutMs: 30_000,
  maxAnswerBytes: 256 * 1024 * 1024,
  circuitFailures: 5,
  circuitPauseMs: 60_000,
};

/** Every limit of a network. */
export type ResolvedLimits = Required<HttpLimits & CircuitOptions>;

/** @throws ConfigurationError that names every option that cannot be. */
export function limitsOf(options: HttpLimits & CircuitOptions): ResolvedLimits {
  const {
    timeoutMs = DEFAULTS.timeoutMs,
    patienceMs = DEFAULTS.patienceMs,
    agentTimeoutMs = DEFAULTS.agentTimeoutMs,
    maxAnswerBytes = DEFAULTS.maxAnswerBytes,
    circuitFailures = DEFAULTS.circuitFailures,
    circuitPauseMs = DEFAULTS.circuitPauseMs,
  } = options;
  const isTime = (value: number, most = MAX_MS): boolean => value > 0 && value <= most;
  const isAnswerTime = (value: number): boolean => isTime(value, MAX_ANSWER_MS);
  const faults = [
    ...(isAnswerTime(timeoutMs) ? [] : ['timeoutMs must be more than 0 and at most 300,000']),
    ...(patienceMs === 0 || isTime(patienceMs) ? [] : ['patienceMs must be 0 or more']),
    ...(isAnswerTime(agentTimeoutMs) ? [] : ['agentTimeoutMs must be more than 0 and at most 300,000']),
    ...(maxAnswerBytes > 0 ? [] : ['maxAnswerBytes must be more than 0']),
    ...(Number.isSafeInteger(circuitFailures) && circuitFailures > 0
      ? []
      : ['circuitFailures must be a whole number from 1']),
    ...(isTime(circuitPauseMs) ? [] : ['circuitPauseMs must be more than 0']),
  ];
  if (faults.length > 0) throw new ConfigurationError('invalid_configuration', faults.join('; '));
  return { timeoutMs, patienceMs, agentTimeoutMs, maxAnswerBytes, circuitFailures, circuitPauseMs };
}

/**
 * The address of a service, as a base for its routes.
 *
 * @throws ConfigurationError (`invalid_configuration`) for what is no http(s) address, or one that holds credentials.
 */
export function serviceUrlOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !isHttp(url)) {
    throw new ConfigurationError(
      'invalid_configuration',
      'url must be the address of a service: http://… or https://…',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError('invalid_configuration', 'url must hold no credentials: give the token as `token`');
  }
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Whether an address is one that this transport can carry to. */
export function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}
