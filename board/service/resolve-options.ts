import { isIP } from 'node:net';
import { ConfigurationError } from '../core/errors.ts';
import type { ServiceOptions } from './service-options.ts';

/** The port a service listens on unless it is told another. */
const DEFAULT_PORT = 7337;

/** What an envelope or a bulk needs around the largest payload. */
const BODY_MARGIN_BYTES = 65_536;

type Defaulted =
  | 'host'
  | 'port'
  | 'insecure'
  | 'readiness'
  | 'bodyLimitBytes'
  | 'requestsPerMinute'
  | 'corsOrigins'
  | 'requestTimeoutSeconds'
  | 'keepAliveSeconds'
  | 'deadlineSeconds'
  | 'heartbeatSeconds'
  | 'maxStreams';

/** The options with every default filled in. */
export type ResolvedServiceOptions = Required<Pick<ServiceOptions, Defaulted>> & Omit<ServiceOptions, Defaulted>;

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof ServiceOptions>([
  'host',
  'port',
  'authorizer',
  'insecure',
  'admit',
  'metrics',
  'readiness',
  'bodyLimitBytes',
  'requestsPerMinute',
  'corsOrigins',
  'requestTimeoutSeconds',
  'keepAliveSeconds',
  'trustProxy',
  'logger',
  'deadlineSeconds',
  'heartbeatSeconds',
  'maxStreams',
]);

/** Smallest and largest value of each option that is a number. */
const RANGES = {
  port: [0, 65_535],
  bodyLimitBytes: [1, 1_073_741_824],
  requestsPerMinute: [0, 1_000_000_000],
  requestTimeoutSeconds: [1, 3_600],
  keepAliveSeconds: [1, 3_600],
  deadlineSeconds: [0, 86_400],
  heartbeatSeconds: [1, 3_600],
  maxStreams: [1, 1_000_000],
} as const;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Whether a text is an origin as browsers send it. */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** An address, or a range of them, as the proxy in front is named. */
export function isProxy(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 6 ? 128 : 32));
  return (
    more.length === 0 && ((isIP(address) !== 0 && isBits) || ['loopback', 'linklocal', 'uniquelocal'].includes(text))
  );
}

function listFaults(name: string, value: unknown, isGood: (text: string) => boolean, wanted: string): string[] {
  if (!Array.isArray(value)) return [`${name} must be a list of ${wanted}`];
  const bad = value.filter(each => !isText(each) || !isGood(each));
  return bad.map(each => `${name}: ${JSON.stringify(each)} is none of ${wanted}`);
}

function partFaults(options: ResolvedServiceOptions): string[] {
  const { authorizer, admit, metrics, readiness, logger } = options;
  const faults: string[] = [];
  if (authorizer !== undefined && typeof authorizer.callerOf !== 'function')
    faults.push('authorizer must have a method callerOf');
  if (admit !== undefined && typeof admit !== 'function') faults.push('admit must be a function');
  if (metrics !== undefined && typeof metrics !== 'function') faults.push('metrics must be a function');
  if (logger !== undefined && typeof logger.child !== 'function') faults.push('logger must be a pino logger');
  const areChecks =
    Array.isArray(readiness) && readiness.every(each => isText(each?.name) && typeof each.check === 'function');
  if (!areChecks) faults.push('readiness must be a list of checks, each with a name and a method check');
  return faults;
}

function faultsOf(options: ResolvedServiceOptions): string[] {
  const faults = Object.keys(options)
    .filter(name => !OPTION_NAMES.has(name))
    .map(name => `there is no option ${name}`);
  if (!isText(options.host)) faults.push('host must be a name or an address, such as 127.0.0.1');
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value: unknown = options[name as keyof typeof RANGES];
    const isInRange = Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
    if (!isInRange) faults.push(`${name} must be a whole number from ${least} to ${most}`);
  }
  if (typeof options.insecure !== 'boolean') faults.push('insecure must be true or false');
  faults.push(...listFaults('corsOrigins', options.corsOrigins, isOrigin, 'origins such as https://example.org'));
  if (options.trustProxy !== undefined) {
    faults.push(...listFaults('trustProxy', options.trustProxy, isProxy, 'addresses or ranges such as 10.0.0.0/8'));
  }
  return [...faults, ...partFaults(options)];
}

/**
 * Fills in the defaults and checks what was given.
 *
 * @throws ConfigurationError (`invalid_configuration`) naming every fault.
 */
export function resolveServiceOptions(options: ServiceOptions, maxPayloadBytes: number): ResolvedServiceOptions {
  // An option that is spelled `undefined` is not given.
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as ServiceOptions;
  const resolved: ResolvedServiceOptions = {
    host: '127.0.0.1',
    port: DEFAULT_PORT,
    insecure: false,
    readiness: [],
    bodyLimitBytes: maxPayloadBytes + BODY_MARGIN_BYTES,
    requestsPerMinute: 6_000,
    corsOrigins: [],
    requestTimeoutSeconds: 15,
    keepAliveSeconds: 60,
    deadlineSeconds: 10,
    heartbeatSeconds: 15,
    maxStreams: 2_000,
    ...given,
  };
  const faults = faultsOf(resolved);
  if (faults.length > 0)
    throw new ConfigurationError('invalid_configuration', faults.join('; '), { details: { faults } });
  return resolved;
}
